"""Results that came too late to count: what a service said last of an attempt that the board had given up on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.aggregation import FINAL_STATUSES, LATE_DISPOSITIONS, CallbackStatus
from releases.domain.lifecycle import SlotState
from releases.domain.steering import StepSituation
from releases.models import Callback
from releases.queries.views import LateResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from releases.models import Promotion, PromotionStep

_LATE = [disposition.value for disposition in LATE_DISPOSITIONS]
_FINAL = [status.value for status in FINAL_STATUSES]


def late_results(promotion: Promotion | None) -> Mapping[int, LateResult]:
    """Return, by dispatch, the last result that came late; there are few, for repetitions are not kept."""
    # In the order in which they came, so that the last one of a dispatch is what remains.
    return {found.dispatch_id: _result(found) for found in _results().filter(dispatch__step__promotion=promotion)}


def late_result(step: PromotionStep) -> LateResult | None:
    """Return the last result of the step's last attempt that came late."""
    found = _results().filter(dispatch__step=step, dispatch__attempt=step.attempt).last()
    return _result(found) if found else None


def _results() -> QuerySet[Callback]:
    return Callback.objects.filter(disposition__in=_LATE, status__in=_FINAL).order_by("pk")


def _result(callback: Callback) -> LateResult:
    return LateResult(
        status=CallbackStatus(callback.status), message=callback.message, reported_at=callback.received_at
    )


def step_situation(step: PromotionStep, late: LateResult | None = None) -> StepSituation:
    """Return what decides about a step; without its late result nothing can be accepted."""
    return StepSituation(service=step.service.slug, state=SlotState(step.state), late=late.status if late else None)
