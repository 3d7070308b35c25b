"""What may be done with a promotion now: one answer in words, for the button, the API and the act itself."""

from __future__ import annotations

from dataclasses import dataclass

from releases.domain.aggregation import CallbackStatus
from releases.domain.lifecycle import (
    OPEN_PROMOTIONS,
    OPEN_RELEASES,
    RETRYABLE_SLOTS,
    PromotionState,
    ReleaseState,
    SlotState,
)
from releases.domain.plan_kinds import ROLLBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A release and its latest promotion, open or not; ``stage`` is empty before the first."""

    version: str
    release: ReleaseState
    promotion: PromotionState | None
    stage: str

    @property
    def is_open(self) -> bool:
        """Tell whether there is a promotion that can be steered."""
        return self.promotion in OPEN_PROMOTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSituation:
    """One service of the latest promotion; ``late`` is the last result that its last attempt reported too late."""

    service: str
    state: SlotState
    late: CallbackStatus | None = None


def why_nothing_open(now: Situation) -> str:
    """Return as a sentence why there is nothing to steer; empty when there is, as with every refusal here."""
    return "" if now.is_open else f"No promotion of {now.version} is open."


def why_not_pause(now: Situation) -> str:
    if refusal := why_nothing_open(now):
        return refusal
    return f"The promotion to {now.stage} is already paused." if now.promotion is PromotionState.PAUSED else ""


def why_not_resume(now: Situation) -> str:
    if now.promotion is None or not now.is_open:
        return why_nothing_open(now)
    if now.promotion is PromotionState.PAUSED:
        return ""
    return f"The promotion to {now.stage} is not paused, but {now.promotion.value}."


def why_not_cancel(now: Situation) -> str:
    return "" if now.release in OPEN_RELEASES else f"{now.version} is already {now.release.value}."


def why_not_as_meant(now: Situation, stage: str, *, last_act: str) -> str:
    """Return why a cancel would end another thing than was meant: the promotion to ``stage``, without one the release.

    The open promotion may have ended, or another begun, a moment before somebody decided; ``last_act`` says who did.
    """
    there = now.stage if now.is_open else ""
    if stage == there:
        return ""
    if there:
        return f"{now.version} is being promoted to {there}: {last_act}."
    if now.promotion is PromotionState.SUCCEEDED and now.stage == stage:
        return f"The promotion of {now.version} to {stage} has succeeded already."
    return f"No promotion of {now.version} to {stage} is open: {last_act}."


def why_not_retry(now: Situation, step: StepSituation) -> str:
    return _why_not_decide(now, step)


def why_not_skip(now: Situation, step: StepSituation) -> str:
    return _why_not_decide(now, step)


def why_not_accept(now: Situation, step: StepSituation) -> str:
    """Only a success that came too late can be accepted: a failure is what the board assumes already."""
    if refusal := _why_not_decide(now, step):
        return refusal
    if step.late is None:
        return f"{step.service} has reported no result of its last attempt that came too late."
    if step.late is not CallbackStatus.SUCCEEDED:
        return f"{step.service} reported {step.late.value} when it was late; only a success can be accepted."
    return ""


def why_not_recover(now: Situation, kind: str) -> str:
    """Only a rollback that failed is an emergency; everything else can still be rolled back."""
    if refusal := why_nothing_open(now):
        return refusal
    if kind != ROLLBACK:
        return f"{now.version} can be rolled back; the emergency recovery is for a rollback that fails."
    if now.promotion is not PromotionState.HELD:
        return f"The rollback is not held, but {now.promotion}: there is nothing to leave behind."
    return ""


def _why_not_decide(now: Situation, step: StepSituation) -> str:
    if refusal := why_nothing_open(now):
        return refusal
    if step.state not in RETRYABLE_SLOTS:
        state = step.state.replace("_", " ")
        return f"{step.service} is {state}; only a service that failed can be retried, skipped or accepted."
    if now.promotion is PromotionState.PAUSED:
        return f"The promotion to {now.stage} is paused: resume it first."
    return ""
