"""Hotfixes: what each urgency may skip, what must hold before the last stage, and what is owed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.plan_kinds import HOTFIX
from releases.domain.selection import Problem
from releases.domain.validation import Outcome, Scenario
from releases.domain.validation_scenarios import DEFINITIONS
from releases.domain.versions import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MINUTE_MS = 60_000


class Urgency(StrEnum):
    """How little time there is."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class HotfixPolicy:
    """``skips`` names stages, ``scenarios`` what must have passed before the last stage takes the hotfix."""

    urgency: Urgency
    skips: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    budget_ms: int
    debt_days: int


# Where the administrators' table has no line; a stage that a platform does not have is not skipped.
DEFAULT_POLICIES: Mapping[Urgency, HotfixPolicy] = {
    Urgency.LOW: HotfixPolicy(
        urgency=Urgency.LOW,
        skips=(),
        scenarios=(Scenario.JOURNEY, Scenario.HEALTH, Scenario.SECURITY, Scenario.CONSISTENCY),
        budget_ms=1440 * MINUTE_MS,
        debt_days=14,
    ),
    Urgency.MEDIUM: HotfixPolicy(
        urgency=Urgency.MEDIUM,
        skips=("DEV",),
        scenarios=(Scenario.JOURNEY, Scenario.HEALTH, Scenario.CONSISTENCY),
        budget_ms=480 * MINUTE_MS,
        debt_days=10,
    ),
    Urgency.HIGH: HotfixPolicy(
        urgency=Urgency.HIGH,
        skips=("DEV", "QA"),
        scenarios=(Scenario.JOURNEY, Scenario.HEALTH),
        budget_ms=240 * MINUTE_MS,
        debt_days=7,
    ),
    Urgency.CRITICAL: HotfixPolicy(
        urgency=Urgency.CRITICAL,
        skips=("DEV", "QA"),
        scenarios=(Scenario.HEALTH,),
        budget_ms=60 * MINUTE_MS,
        debt_days=3,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HotfixScope:
    """What a hotfix of an urgency goes through, must pass and leaves out, as it is agreed to with the plan.

    ``path`` is empty where it skips no stage.
    """

    urgency: Urgency
    path: tuple[str, ...]
    skipped_stages: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    skipped_scenarios: tuple[Scenario, ...]
    budget_ms: int
    debt_days: int

    @property
    def agreed(self) -> list[object]:
        """What a digest covers: not the time budget, nor when debt is due."""
        return [self.urgency, self.skipped_stages, self.scenarios, self.skipped_scenarios]


def scope_of(policy: HotfixPolicy, stages: Sequence[str], usual: Sequence[Scenario]) -> HotfixScope:
    """Apply a policy to the stages in order; the last one is never skipped. ``usual`` is what others must pass."""
    skipped = tuple(name for name in stages[:-1] if name in policy.skips)
    return HotfixScope(
        urgency=policy.urgency,
        path=tuple(name for name in stages if name not in skipped) if skipped else (),
        skipped_stages=skipped,
        scenarios=policy.scenarios,
        skipped_scenarios=tuple(scenario for scenario in usual if scenario not in policy.scenarios),
        budget_ms=policy.budget_ms,
        debt_days=policy.debt_days,
    )


def hotfix_problems(kind: str, reason: str, scope: HotfixScope | None) -> tuple[Problem, ...]:
    """A hotfix says how urgent it is, and why it may leave out what others go through."""
    if kind != HOTFIX:
        return ()
    problems = []
    if scope is None:
        fix = f"Choose one of {', '.join(Urgency)}."
        text = "A hotfix needs an urgency: what it may skip depends on it."
        problems.append(Problem(code="hotfix-needs-urgency", text=text, fix=fix, field="urgency"))
    if not reason.strip():
        text = "A hotfix needs a reason."
        fix = "Say what is broken and for whom."
        problems.append(Problem(code="hotfix-needs-reason", text=text, fix=fix, field="reason"))
    return tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The newest that is known of a scenario: in which stage, how it ended and what it said."""

    scenario: Scenario
    stage: str
    outcome: Outcome
    message: str = ""

    @property
    def text(self) -> str:
        """For example ``service health failed in STAGING: web answered 500``."""
        name = name_of(self.scenario)
        if self.outcome is Outcome.NOT_CONFIGURED:
            said = f"{name} could not run in {self.stage}"
        elif self.outcome is Outcome.ERROR:
            said = f"{name} broke in {self.stage}"
        else:
            said = f"{name} {self.outcome.value} in {self.stage}"
        return f"{said}: {self.message.rstrip('.')}" if self.message else said


def name_of(scenario: Scenario) -> str:
    """Return a scenario's name in the middle of a sentence."""
    name = DEFINITIONS[scenario].name
    return name[0].lower() + name[1:]


def why_untested(
    urgency: str, stage: str, before: str, required: Sequence[Scenario], tested: Mapping[Scenario, Trial]
) -> str:
    """Return why ``stage`` does not take the hotfix yet; '' when all that is required passed in the one ``before``."""
    lacking = [
        tested[scenario].text if scenario in tested else f"{name_of(scenario)} was not run in {before}"
        for scenario in required
        if scenario not in tested or tested[scenario].outcome is not Outcome.PASSED
    ]
    return (
        f"{stage} takes a {urgency} hotfix once its tests passed in {before}; {'; '.join(lacking)}." if lacking else ""
    )


class DebtKind(StrEnum):
    STAGE = "stage"
    SCENARIO = "scenario"


class DebtCause(StrEnum):
    """Why something is owed: a test that failed is never said to have been skipped."""

    SKIPPED = "skipped"
    FAILED = "failed"
    ERROR = "error"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One thing that a hotfix left out, or that did not pass on its way."""

    kind: DebtKind
    subject: str
    cause: DebtCause
    text: str


def owed_by(
    skipped_stages: Sequence[str], expected: Sequence[Scenario], tested: Mapping[Scenario, Trial]
) -> Iterator[Owed]:
    """Yield every skipped stage, and every scenario that was expected or run and did not pass."""
    for stage in skipped_stages:
        yield Owed(kind=DebtKind.STAGE, subject=stage, cause=DebtCause.SKIPPED, text=f"{stage} was skipped.")
    for scenario in Scenario:
        found = tested.get(scenario)
        if found is None and scenario in expected:
            text = f"{DEFINITIONS[scenario].name} was not run."
            yield Owed(kind=DebtKind.SCENARIO, subject=scenario.value, cause=DebtCause.SKIPPED, text=text)
        elif found and found.outcome is not Outcome.PASSED and _counts(found, expected):
            cause, text = DebtCause(found.outcome.value), found.text
            said = f"{text[0].upper()}{text[1:]}."
            yield Owed(kind=DebtKind.SCENARIO, subject=scenario.value, cause=cause, text=said[:300])


def _counts(found: Trial, expected: Sequence[Scenario]) -> bool:
    """Whether it is owed: what failed always is, what could not run only where it was expected."""
    return found.outcome is not Outcome.NOT_CONFIGURED or found.scenario in expected


def carries(manifest: Mapping[str, str], brought: Mapping[str, str]) -> bool:
    """Tell whether a set has every version that a hotfix brought, or a newer one: what tests it tests the hotfix."""
    return all(service in manifest and parse(manifest[service]) >= parse(raw) for service, raw in brought.items())
