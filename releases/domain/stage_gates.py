"""What a stage asks of a release besides the verdict: one judgement for a plan, for the page and for the promotion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.gates import Stay, freeze_gates, soak_gate, validation_gate
from releases.domain.signoffs import approval_gate, needs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from releases.domain.gates import Freeze, Gate
    from releases.domain.signoffs import ApprovalRule, SignOff


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRule:
    """What a stage asks for on a release's way; ``before`` is the stage before it there, empty for the first."""

    stage: str
    before: str = ""
    soak_minutes: int = 0
    requires_validation: bool = False
    approvals: tuple[ApprovalRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a release brings to the stage; a plan brings nothing yet.

    ``stay`` is its time in the stage before, ``outcome`` how its newest validation there stands, ``digest`` that of
    what a sign-off would agree to now.
    """

    stay: Stay | None = None
    outcome: str = "not_run"
    signoffs: tuple[SignOff, ...] = ()
    digest: str = ""


def stage_gates(rule: StageRule, passage: Passage, now: datetime) -> tuple[Gate, ...]:
    """Return every gate of the stage but freezes, open or closed."""
    return tuple(_stage_gates(rule, passage, now))


def _stage_gates(rule: StageRule, passage: Passage, now: datetime) -> Iterator[Gate]:
    if rule.before and rule.soak_minutes:
        stay = passage.stay or Stay(stage=rule.before, since=None)
        yield soak_gate(stage=rule.stage, minutes=rule.soak_minutes, stay=stay, now=now)
    if rule.before and rule.requires_validation:
        yield validation_gate(stage=rule.stage, before=rule.before, outcome=passage.outcome)
    approval = approval_gate(rule.stage, needs_of(rule.approvals, passage.signoffs, passage.digest), passage.signoffs)
    if approval is not None:
        yield approval


def planned_gates(freezes: Iterable[Freeze], way: Iterable[StageRule], now: datetime | None) -> tuple[Gate, ...]:
    """Return the freezes, and what each stage on the way will ask of a release that has done nothing yet."""
    if now is None:
        return ()
    return *freeze_gates(freezes, now), *(gate for rule in way for gate in stage_gates(rule, Passage(), now))
