"""The rows of a release's page: one for each service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.lifecycle import SlotState
from releases.queries.release_controls import control, why_no_second_try
from releases.queries.release_facts import phases_of
from releases.queries.views import Control, StepView

if TYPE_CHECKING:
    from releases.models import PromotionStep
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
    nothing = "Nothing was promoted yet."
    return StepView(
        service=service,
        phase=phase + 1,
        from_version=change["from"] or "",
        to_version=facts.release.manifest[service],
        state=SlotState.PENDING,
        retry=Control(verb="retry", allowed=False, why_not=nothing),
        skip=Control(verb="skip", allowed=False, why_not=nothing),
    )


def _step_view(facts: ReleaseFacts, step: PromotionStep) -> StepView:
    dispatch = facts.dispatches.get(step.pk)
    refusal = why_no_second_try(facts, step)
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
        started_at=step.started_at,
        heard_at=step.heard_at,
        deadline_at=dispatch.session.deadline_at if dispatch else None,
        finished_at=step.finished_at,
        correlation_id=str(dispatch.session.correlation_id) if dispatch else "",
        retry=control(facts, "retry", refusal),
        skip=control(facts, "skip", refusal),
    )
