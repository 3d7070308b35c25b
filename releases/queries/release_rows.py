"""The rows of a release's page: one for each service."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from releases.domain.aggregation import CallbackStatus
from releases.domain.lifecycle import RETRYABLE_SLOTS, SlotState
from releases.domain.steering import StepSituation
from releases.queries.late_results import step_situation
from releases.queries.release_controls import step_controls
from releases.queries.release_facts import phases_of
from releases.queries.views import LateResult, StepView

if TYPE_CHECKING:
    from datetime import datetime

    from releases.models import Dispatch, PromotionStep
    from releases.queries.release_facts import ReleaseFacts


def step_views(facts: ReleaseFacts) -> tuple[StepView, ...]:
    """Return a row for each service: as promoted, or as planned before the first promotion."""
    if facts.promotion is None:
        return tuple(
            _planned_step(facts, service, number) for number, phase in enumerate(phases_of(facts)) for service in phase
        )
    return tuple(_step_view(facts, step) for step in facts.steps)


def _planned_step(facts: ReleaseFacts, service: str, phase: int) -> StepView:
    change = next(change for change in facts.release.plan["changes"] if change["service"] == service)
    pending = StepSituation(service=service, state=SlotState.PENDING)
    return StepView(
        service=service,
        phase=phase + 1,
        from_version=change["from"] or "",
        to_version=facts.release.manifest.get(service, ""),
        state=SlotState.PENDING,
        **step_controls(facts, pending),
    )


class _Silence(TypedDict):
    silent_since: datetime | None
    lease_until: datetime | None


def _silence(dispatch: Dispatch | None) -> _Silence:
    if dispatch is None or dispatch.closed_at is not None or SlotState(dispatch.state) is SlotState.PENDING:
        return {"silent_since": None, "lease_until": None}
    return {
        "silent_since": dispatch.heard_at or dispatch.sent_at,
        "lease_until": min(filter(None, (dispatch.lease_until, dispatch.session.deadline_at)), default=None),
    }


def _step_view(facts: ReleaseFacts, step: PromotionStep) -> StepView:
    dispatch = facts.dispatches.get(step.pk)
    late = facts.late_results.get(dispatch.pk) if dispatch else None
    return StepView(
        service=step.service.slug,
        phase=step.phase + 1,
        from_version=step.from_version,
        to_version=step.to_version,
        state=SlotState(step.state),
        reason=step.reason,
        message=step.message,
        percent=step.percent,
        attempt=step.attempt,
        late=facts.late.get(step.pk, 0),
        late_result=late if late and _is_news(step, late) else None,
        started_at=step.started_at,
        heard_at=step.heard_at,
        deadline_at=dispatch.session.deadline_at if dispatch else None,
        **_silence(dispatch),
        finished_at=step.finished_at,
        correlation_id=str(dispatch.session.correlation_id) if dispatch else "",
        **step_controls(facts, step_situation(step, late)),
    )


def _is_news(step: PromotionStep, late: LateResult) -> bool:
    """A failure that was assumed anyway, or a success that counts by now, calls for nobody's attention."""
    if late.status is CallbackStatus.SUCCEEDED:
        return SlotState(step.state) is not SlotState.SUCCEEDED
    return SlotState(step.state) not in RETRYABLE_SLOTS
