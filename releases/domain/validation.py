"""What a validation found: outcomes of steps and scenarios, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Scenario(StrEnum):
    """What can be validated, in the order in which it is carried out and shown."""

    JOURNEY = "journey"
    HEALTH = "health"
    PERFORMANCE = "performance"
    SECURITY = "security"
    CONSISTENCY = "consistency"
    INTEGRITY = "integrity"


class Outcome(StrEnum):
    """Only ``passed`` counts as fine. ``not_reached`` is said of steps only: one before them failed."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    NOT_CONFIGURED = "not_configured"
    NOT_REACHED = "not_reached"


class RunState(StrEnum):
    """``requested`` until its results are in, then what they add up to."""

    REQUESTED = "requested"
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    NOT_CONFIGURED = "not_configured"


NOT_RUN = "not_run"
"""Where a stage could be validated and this release was not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step as it went; ``duration_ms`` is the time that was spent waiting for answers."""

    name: str
    outcome: Outcome
    message: str = ""
    expected: str = ""
    observed: str = ""
    duration_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """One scenario; ``measured_ms`` is the p95 where one was measured."""

    scenario: Scenario
    outcome: Outcome
    message: str
    steps: tuple[StepResult, ...] = ()
    measured_ms: int | None = None

    @property
    def duration_ms(self) -> int:
        return sum(step.duration_ms for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """What all scenarios add up to; ``message`` is a sentence that names what decided."""

    state: RunState
    message: str


# The first that any step has is the scenario's; without a step nothing ran.
_GRAVITY = (Outcome.ERROR, Outcome.FAILED, Outcome.NOT_CONFIGURED, Outcome.PASSED)


def judged(scenario: Scenario, steps: Sequence[StepResult], *, measured_ms: int | None = None) -> ScenarioResult:
    """Let the gravest step speak for its scenario; a step that could not run keeps it from passing."""
    for outcome in _GRAVITY:
        for step in steps:
            if step.outcome is outcome:
                return ScenarioResult(
                    scenario=scenario,
                    outcome=outcome,
                    message=_message(outcome, step, len(steps)),
                    steps=tuple(steps),
                    measured_ms=measured_ms,
                )
    return not_run(scenario, "Nothing is configured that it could ask.")


def not_run(scenario: Scenario, why: str) -> ScenarioResult:
    """Say of a scenario that nothing of it ran."""
    return ScenarioResult(scenario=scenario, outcome=Outcome.NOT_CONFIGURED, message=why)


def _message(outcome: Outcome, step: StepResult, count: int) -> str:
    if outcome is Outcome.PASSED:
        return f"{count} step{'' if count == 1 else 's'} passed."
    return f"{step.name}: {step.message}"


def overall(results: Sequence[ScenarioResult], required: Sequence[Scenario]) -> Overall:
    """Pass only when every required scenario passed, none failed, and at least one ran."""
    outcomes = {result.scenario: result for result in results}
    for outcome, state in ((Outcome.FAILED, RunState.FAILED), (Outcome.ERROR, RunState.ERROR)):
        if worst := [result for result in results if result.outcome is outcome]:
            return Overall(state=state, message=f"{worst[0].scenario.capitalize()}: {worst[0].message}")
    missing = [each for each in required if each not in outcomes or outcomes[each].outcome is not Outcome.PASSED]
    if missing:
        names = ", ".join(missing)
        return Overall(
            state=RunState.NOT_CONFIGURED, message=f"Required and not run: {names}. That counts as not passed."
        )
    passed = sum(result.outcome is Outcome.PASSED for result in results)
    if not passed:
        return Overall(state=RunState.NOT_CONFIGURED, message="Nothing ran, so nothing passed.")
    rest = [each for each in Scenario if each not in outcomes or outcomes[each].outcome is not Outcome.PASSED]
    beside = f", none failed; without a result: {', '.join(rest)}." if rest else "."
    return Overall(state=RunState.PASSED, message=f"{passed} of {len(Scenario)} scenarios passed{beside}")


def p95(durations_ms: Sequence[int]) -> int:
    """Return the 95th percentile by nearest rank, in ms; ``ValueError`` without a measurement."""
    if not durations_ms:
        message = "There is no percentile of nothing."
        raise ValueError(message)
    rank = -(-95 * len(durations_ms) // 100)
    return sorted(durations_ms)[rank - 1]


def slowest_allowed(baseline_ms: int, *, slower_percent: int, slack_ms: int) -> int:
    """Return the p95 that still passes: some percent above the baseline, and some ms for the noise of short ones."""
    return baseline_ms + baseline_ms * slower_percent // 100 + slack_ms
