from __future__ import annotations

import pytest

from releases.domain.aggregation import CallbackStatus
from releases.domain.lifecycle import PromotionState, ReleaseState, SlotState
from releases.domain.steering import (
    Situation,
    StepSituation,
    why_not_accept,
    why_not_cancel,
    why_not_pause,
    why_not_resume,
    why_not_retry,
    why_not_skip,
)

NOTHING_OPEN = "No promotion of 2.2.0-alpha.1 is open."
PAUSED = "The promotion to DEV is paused: resume it first."
NOT_PAUSED = "The promotion to DEV is not paused, but {}."
STATES: dict[PromotionState | None, ReleaseState] = {
    None: ReleaseState.PLANNED,
    PromotionState.RUNNING: ReleaseState.PROMOTING,
    PromotionState.HELD: ReleaseState.HELD,
    PromotionState.PAUSED: ReleaseState.PAUSED,
    PromotionState.SUCCEEDED: ReleaseState.WAITING,
    PromotionState.CANCELLED: ReleaseState.PLANNED,
}


def situation(promotion: PromotionState | None, release: ReleaseState | None = None) -> Situation:
    return Situation(
        version="2.2.0-alpha.1",
        release=release or STATES[promotion],
        promotion=promotion,
        stage="DEV" * bool(promotion),
    )


@pytest.mark.parametrize(
    ("promotion", "pause", "resume", "decide"),
    [
        (None, NOTHING_OPEN, NOTHING_OPEN, NOTHING_OPEN),
        (PromotionState.RUNNING, "", NOT_PAUSED.format("running"), ""),
        (PromotionState.HELD, "", NOT_PAUSED.format("held"), ""),
        (PromotionState.PAUSED, "The promotion to DEV is already paused.", "", PAUSED),
        (PromotionState.SUCCEEDED, NOTHING_OPEN, NOTHING_OPEN, NOTHING_OPEN),
        (PromotionState.CANCELLED, NOTHING_OPEN, NOTHING_OPEN, NOTHING_OPEN),
    ],
)
def test_what_may_be_done_with_a_promotion_and_with_a_service_that_failed(
    promotion: PromotionState | None, pause: str, resume: str, decide: str
) -> None:
    now = situation(promotion)
    failed = StepSituation(service="web", state=SlotState.FAILED, late=CallbackStatus.SUCCEEDED)

    assert (why_not_pause(now), why_not_resume(now)) == (pause, resume)
    assert [why(now, failed) for why in (why_not_retry, why_not_skip, why_not_accept)] == [decide] * 3


@pytest.mark.parametrize("state", SlotState)
def test_only_of_a_service_that_failed_is_anything_decided(state: SlotState) -> None:
    step = StepSituation(service="web", state=state, late=CallbackStatus.SUCCEEDED)
    failed = state in {SlotState.FAILED, SlotState.REJECTED, SlotState.TIMED_OUT}
    word = state.value.replace("_", " ")
    refusal = "" if failed else f"web is {word}; only a service that failed can be retried, skipped or accepted."

    for why in (why_not_retry, why_not_skip, why_not_accept):
        assert why(situation(PromotionState.HELD), step) == refusal


@pytest.mark.parametrize(
    ("late", "refusal"),
    [
        (None, "web has reported no result of its last attempt that came too late."),
        (CallbackStatus.FAILED, "web reported failed when it was late; only a success can be accepted."),
        (CallbackStatus.REJECTED, "web reported rejected when it was late; only a success can be accepted."),
        (CallbackStatus.SUCCEEDED, ""),
    ],
)
def test_only_a_success_that_came_too_late_can_be_accepted(late: CallbackStatus | None, refusal: str) -> None:
    step = StepSituation(service="web", state=SlotState.TIMED_OUT, late=late)

    assert why_not_accept(situation(PromotionState.HELD), step) == refusal


@pytest.mark.parametrize("release", ReleaseState)
def test_a_release_can_be_cancelled_until_it_has_ended(release: ReleaseState) -> None:
    ended = release in {ReleaseState.RELEASED, ReleaseState.CANCELLED}
    refusal = f"2.2.0-alpha.1 is already {release.value}." if ended else ""

    assert why_not_cancel(situation(None, release)) == refusal
