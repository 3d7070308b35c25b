"""What came of a promotion: the newest attempt at every service that was asked, and every fan-out on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from releases.domain.aggregation import Slot, tally
from releases.domain.lifecycle import PromotionState, SlotState, is_at_rest
from releases.models import AggregationSession, Dispatch, Promotion
from releases.queries.sessions import SessionView, SlotView, slot_view, view_of

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionResult:
    """``slots`` and the counters are those of the newest attempts; ``sessions`` tells all attempts, oldest first."""

    promotion_id: int
    release: str
    stage: str
    state: str
    expected: int
    received: int
    respondents: int
    errors: int
    slots: tuple[SlotView, ...]
    sessions: tuple[SessionView, ...]
    timeout_ms: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What somebody who waits for a promotion needs to know; ``ends_at`` is when its phases have had their time."""

    is_at_rest: bool
    ends_at: datetime


def promotion_result(promotion_id: int) -> PromotionResult:
    """Return how a promotion stands now."""
    promotion = Promotion.objects.select_related("stage").get(pk=promotion_id)
    newest = _newest_attempts(promotion_id)
    totals = tally([Slot(state=SlotState(each.state), reason=each.reason) for each in newest])
    sessions = AggregationSession.objects.select_related("promotion__stage").filter(promotion=promotion).order_by("pk")
    return PromotionResult(
        promotion_id=promotion.pk,
        release=promotion.version,
        stage=promotion.stage.name,
        state=promotion.state,
        expected=totals.expected,
        received=totals.received,
        respondents=totals.respondents,
        errors=totals.errors,
        slots=tuple(slot_view(dispatch) for dispatch in newest),
        sessions=tuple(view_of(session) for session in sessions),
        timeout_ms=promotion.timeout_ms,
        started_at=promotion.started_at,
        finished_at=promotion.finished_at,
    )


def _newest_attempts(promotion_id: int) -> list[Dispatch]:
    dispatches = Dispatch.objects.filter(step__promotion_id=promotion_id).select_related("step__service")
    newest = {dispatch.step_id: dispatch for dispatch in dispatches.order_by("attempt")}
    return sorted(newest.values(), key=lambda dispatch: (dispatch.step.phase, dispatch.step.service.slug))


def waiting_for(promotion_id: int) -> Waiting:
    """Tell how far a promotion is."""
    promotion = Promotion.objects.get(pk=promotion_id)
    states = Dispatch.objects.filter(step__promotion_id=promotion_id).values_list("state", flat=True)
    return Waiting(
        is_at_rest=is_at_rest(PromotionState(promotion.state), [SlotState(state) for state in states]),
        ends_at=promotion.started_at + len(promotion.phases) * timedelta(milliseconds=promotion.timeout_ms),
    )


def promotion_state(promotion_id: int) -> str:
    """Tell what a promotion does now."""
    return Promotion.objects.values_list("state", flat=True).get(pk=promotion_id)
