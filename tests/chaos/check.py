"""Judges a chaos run by what it left behind: ``python -m tests.chaos.check FOLDER``.

It reads the records, the board's tables by SQL of its own, the services' own logs and the process logs; nothing of the
product takes part but ``verify_journal``, whose verdict is one more fact. Exit codes: 0 every invariant holds, 1 one is
broken, or one that the run demands had nothing to look at.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.checks.callbacks import (
    acknowledged_is_stored,
    forged_is_refused,
    nobody_gave_up,
    one_result_each,
)
from tests.chaos.checks.commands import commands_are_done_once
from tests.chaos.checks.endings import nothing_left_open
from tests.chaos.checks.journal import journal_is_whole, journal_verifies
from tests.chaos.checks.leaks import no_secret_in_logs
from tests.chaos.checks.orders import asked_once, believed_with_reason, phase_after_phase
from tests.chaos.checks.stages import stages_run_what_succeeded
from tests.chaos.checks.statuses import states_follow
from tests.chaos.checks.views import viewers_see_the_present
from tests.chaos.journals import verify_journals
from tests.chaos.reading import read_facts
from tests.chaos.records import read_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.chaos.checks.outcome import Outcome
    from tests.chaos.journals import Verification
    from tests.chaos.reading import Facts
    from tests.chaos.records import Run

CHECKS: tuple[Callable[[Facts], Outcome], ...] = (
    acknowledged_is_stored,
    one_result_each,
    asked_once,
    believed_with_reason,
    phase_after_phase,
    stages_run_what_succeeded,
    journal_is_whole,
    nothing_left_open,
    nobody_gave_up,
    forged_is_refused,
    viewers_see_the_present,
    journal_verifies,
    commands_are_done_once,
    states_follow,
    no_secret_in_logs,
)
SHOWN = 10
USAGE = "usage: python -m tests.chaos.check FOLDER\n"


def judge(facts: Facts) -> tuple[Outcome, ...]:
    """Return an outcome for each invariant, I1 to I15."""
    return tuple(check(facts) for check in CHECKS)


def failed(outcomes: Sequence[Outcome], demands: Sequence[str]) -> tuple[Outcome, ...]:
    """Return those that are broken, and those that looked at nothing though they were demanded."""
    return tuple(each for each in outcomes if each.violations or (not each.examined and each.invariant in demands))


def report(outcomes: Sequence[Outcome], demands: Sequence[str]) -> str:
    """Write one line for each invariant, and its first findings below."""
    return "\n".join(line for outcome in outcomes for line in _lines(outcome, demands))


def _lines(outcome: Outcome, demands: Sequence[str]) -> Iterator[str]:
    yield f"{outcome.invariant:<4}{_word(outcome, demands):<9}{outcome.examined:>7} examined  {outcome.promise}"
    for violation in outcome.violations[:SHOWN]:
        yield f"       - {violation}"
    if len(outcome.violations) > SHOWN:
        yield f"       … and {len(outcome.violations) - SHOWN} more"


def _word(outcome: Outcome, demands: Sequence[str]) -> str:
    if outcome.violations:
        return "BROKEN"
    if outcome.examined:
        return "holds"
    return "UNPROVEN" if outcome.invariant in demands else "not run"


def main(arguments: Sequence[str], verify: Callable[[Run], Verification] = verify_journals) -> int:
    """Judge a folder; ``verify`` asks the board for its own opinion of its journals."""
    if len(arguments) != 1:
        sys.stderr.write(USAGE)
        return 64
    folder = Path(arguments[0])
    demands = read_run(folder).demands
    outcomes = judge(read_facts(folder, verify))
    sys.stdout.write(f"{report(outcomes, demands)}\n")
    return 1 if failed(outcomes, demands) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
