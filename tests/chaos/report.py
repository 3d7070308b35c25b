"""What a run came to: in numbers, by the checker's judgement, and with the line that repeats it."""

from __future__ import annotations

import sys
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING

from tests.chaos.check import failed, judge, report
from tests.chaos.reading import read_facts
from tests.chaos.records import InjectionRecord, read_records
from tests.chaos.schedule import KILLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.chaos.checks.outcome import Outcome
    from tests.chaos.reading import Facts
    from tests.chaos.running import Course

# Which invariant counts what.
LOST, DUPLICATED, ZOMBIES = "I1", "I3", "I8"


def judged(folder: Path, course: Course) -> bool:
    """Print how a run was; False where an invariant is broken, something is stuck or faults are missing."""
    facts = read_facts(folder)
    outcomes = judge(facts)
    injected = [record.kind for record in read_records(folder, InjectionRecord)]
    lines = [*summary(facts, course, injected, outcomes), report(outcomes, facts.run.demands)]
    wrong = [*problems(course, injected), *map(reason, failed(outcomes, facts.run.demands))]
    lines.append(f"FAILED: {'; '.join(wrong)}" if wrong else "every invariant holds")
    lines.append(f"again: {course.again}")
    lines.append(f"kept in {folder.relative_to(folder.parent.parent.parent)}")
    sys.stdout.write("\n".join(lines) + "\n\n")
    sys.stdout.flush()
    return not wrong


def reason(outcome: Outcome) -> str:
    """Name an invariant with its first finding: of a log that is cut, the end is what is left."""
    return f"{outcome.invariant}: {next(iter(outcome.violations), 'nothing was examined')}"


def problems(course: Course, injected: Sequence[str]) -> Iterator[str]:
    if len(injected) < len(course.injections):
        yield f"only {len(injected)} of {len(course.injections)} faults were injected"
    yield from course.stuck


def summary(facts: Facts, course: Course, injected: Sequence[str], outcomes: Sequence[Outcome]) -> Iterator[str]:
    kinds = Counter(injected)
    kills = sum(kinds[kind] for kind in KILLS)
    took = f"{course.set_up_s:.0f} s to set up, {course.seconds:.0f} s of trouble and rest"
    yield f"seed {facts.run.seed}, {facts.run.topology}, {took}"
    yield f"injections {len(injected)}, {kills} of them kills: {counted(kinds)}"
    yield f"promotions {len(facts.board.promotions)}: {counted(Counter(p.state for p in facts.board.promotions))}"
    acknowledged = [each for each in facts.callbacks if each.http_status == HTTPStatus.OK]
    broken = {outcome.invariant: len(outcome.violations) for outcome in outcomes}
    yield (
        f"callbacks acknowledged {len(acknowledged)}, lost {broken[LOST]}, duplicated effects {broken[DUPLICATED]}, "
        f"stuck {len(course.stuck) + broken[ZOMBIES]}"
    )


def counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
