"""Plants one bug after the other in the board's processes and tells which of them a short run finds."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import django

from tests.chaos.check import judge
from tests.chaos.reading import read_facts
from tests.chaos.running import run_chaos

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.chaos.bugs import Bug
    from tests.chaos.running import Course
    from tests.chaos.schedule import Topology

BUG = "CHAOS_BUG"


def known_bugs() -> list[Bug]:
    """Return every bug; they change the product, so its models must be there, though none of them is planted here."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.chaos.bugs import BUGS  # noqa: PLC0415 (the models are loaded by then)

    return list(BUGS.values())


def hunt(topologies: Sequence[Topology], seed: int, count: int, names: Sequence[str] = ()) -> bool:
    """Run every bug, or those named, in every topology with so many faults; False where a run did not find its bug."""
    wanted = [bug for bug in known_bugs() if not names or bug.name in names]
    outcomes = [is_found(bug, topology, seed, count) for topology in topologies for bug in wanted]
    _say(f"{sum(outcomes)} of {len(outcomes)} bugs were found")
    return bool(outcomes) and all(outcomes)


def is_found(bug: Bug, topology: Topology, seed: int, count: int) -> bool:
    """Tell whether the checker reports one of the invariants that the bug breaks."""
    began = time.monotonic()
    broken: dict[str, str] = {}

    def note(folder: Path, _course: Course) -> bool:
        outcomes = judge(read_facts(folder))
        broken.update({each.invariant: each.violations[0] for each in outcomes if each.violations})
        return True

    try:
        run_chaos(topology, seed, count, note, **{BUG: bug.name})
    except AssertionError as failure:
        # A board that does not come up, or on which nothing moves at all, leaves nothing to judge.
        _say(f"{bug.name}: the run broke off: {str(failure)[:200]}")
    caught = sorted(bug.caught_by & broken.keys())
    word = f"found by {', '.join(caught)}: {broken[caught[0]]}" if caught else f"MISSED, broken is {sorted(broken)}"
    _say(f"{topology} {bug.name} ({time.monotonic() - began:.0f} s): {word}")
    return bool(caught)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
