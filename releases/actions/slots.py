"""Opening and closing the slots of a fan-out; callers hold the release's lock through their ledger."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from releases import conf
from releases.actions.deliveries import open_delivery
from releases.actions.observing import note_move
from releases.actions.quarantining import quarantine
from releases.clients.signing import callback_token, token_hash
from releases.domain.aggregation import Reason, Slot, session_outcome, tally
from releases.domain.journal import Kind
from releases.domain.lifecycle import OPEN_SLOTS, SESSION_MOVES, SLOT_MOVES, STEP_MOVES, SessionState, SlotState, move
from releases.enqueue import task_on_commit
from releases.models import AggregationSession, Deployment, Dispatch, Promotion, PromotionStep
from releases.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from releases.actions.ledger import Ledger

MESSAGE_LIMIT = 500


def open_session(ledger: Ledger, promotion: Promotion, steps: Sequence[PromotionStep]) -> AggregationSession:
    """Ask these steps of one phase: a slot each, to be sent as soon as the transaction is in."""
    session = AggregationSession.objects.create(
        correlation_id=uuid.uuid4(),
        promotion=promotion,
        phase=steps[0].phase,
        timeout_ms=promotion.timeout_ms,
        opened_at=ledger.now,
        traceparent=tracing().carried().get("traceparent", ""),
    )
    for step in steps:
        _open_slot(ledger, session, step)
    ledger.append(
        Kind.SESSION_OPENED,
        stage=promotion.stage.name,
        phase=session.phase + 1,
        correlation_id=str(session.correlation_id),
        services=[step.service.slug for step in steps],
        timeout_ms=session.timeout_ms,
    )
    task_on_commit("releases.send_due_dispatches")
    return session


def _open_slot(ledger: Ledger, session: AggregationSession, step: PromotionStep) -> None:
    step.attempt += 1
    step.state = move(STEP_MOVES, SlotState(step.state), SlotState.PENDING) if step.attempt > 1 else SlotState.PENDING
    step.reason = step.message = ""
    step.percent = step.finished_at = step.heard_at = None
    step.started_at = ledger.now
    step.save(
        update_fields=["attempt", "state", "reason", "message", "percent", "finished_at", "heard_at", "started_at"],
    )
    key = uuid.uuid4()
    Dispatch.objects.create(
        session=session,
        step=step,
        attempt=step.attempt,
        key=key,
        token_hash=token_hash(callback_token(signing_key=conf.signing_key(), dispatch_key=key)),
        opened_at=ledger.now,
        next_send_at=ledger.now,
        give_up_at=ledger.now + conf.undeliverable_after(),
    )


def start_clock(ledger: Ledger, session: AggregationSession) -> None:
    """Start the session's time limit: from the first moment that a service is known to have the order."""
    if session.deadline_at is None:
        session.deadline_at = ledger.now + timedelta(milliseconds=session.timeout_ms)
        session.save(update_fields=["deadline_at"])


def update_slot(ledger: Ledger, dispatch: Dispatch, state: SlotState, *, percent: int | None, message: str) -> None:
    """Move an open slot, and its step with it, to another open state; the service was just heard."""
    if state is not SlotState(dispatch.state):
        dispatch.state = move(SLOT_MOVES, SlotState(dispatch.state), state).value
    dispatch.percent, dispatch.message = percent, message[:MESSAGE_LIMIT] or dispatch.message
    dispatch.heard_at = ledger.now
    dispatch.lease_until = ledger.now + conf.progress_lease()
    dispatch.save(update_fields=["state", "percent", "message", "heard_at", "lease_until", "last_sequence"])
    _mirror(dispatch)


def close_slot(ledger: Ledger, dispatch: Dispatch, state: SlotState, *, reason: Reason, message: str = "") -> None:
    """Close a slot for good, write it down, and record what is live when the service succeeded."""
    dispatch.state = move(SLOT_MOVES, SlotState(dispatch.state), state).value
    dispatch.reason, dispatch.message = reason.value, message[:MESSAGE_LIMIT]
    dispatch.closed_at = ledger.now
    dispatch.save(
        update_fields=["state", "reason", "message", "percent", "closed_at", "heard_at", "last_sequence"],
    )
    _mirror(dispatch)
    step = dispatch.step
    ledger.append(
        Kind.SLOT_CLOSED,
        service=step.service.slug,
        correlation_id=str(dispatch.session.correlation_id),
        attempt=dispatch.attempt,
        state=state.value,
        reason=reason.value,
        message=dispatch.message,
        duration_ms=round((ledger.now - dispatch.opened_at).total_seconds() * 1000),
    )
    if state is SlotState.SUCCEEDED:
        record_deployment(ledger, step)


def _mirror(dispatch: Dispatch) -> None:
    step = dispatch.step
    if SlotState(step.state) is not SlotState(dispatch.state):
        step.state = move(STEP_MOVES, SlotState(step.state), SlotState(dispatch.state)).value
    step.reason, step.message, step.percent = dispatch.reason, dispatch.message, dispatch.percent
    step.heard_at, step.finished_at = dispatch.heard_at, dispatch.closed_at
    step.save(update_fields=["state", "reason", "message", "percent", "heard_at", "finished_at"])


def record_deployment(ledger: Ledger, step: PromotionStep) -> None:
    """Note that the step's version is what its service now runs in the stage, or that it runs there no more."""
    stage = step.promotion.stage
    note_move(stage, service_id=step.service_id, to_version=step.to_version, at=ledger.now)
    if step.to_version:
        _keep_deployment(ledger, step)
    else:
        Deployment.objects.filter(stage=stage, service=step.service).delete()
    quarantine(ledger, step)


def _keep_deployment(ledger: Ledger, step: PromotionStep) -> None:
    Deployment.objects.update_or_create(
        stage=step.promotion.stage,
        service=step.service,
        defaults={
            "version": step.to_version,
            "step": step,
            "deployed_by": step.promotion.started_by.get_username(),
            "deployed_at": ledger.now,
        },
    )


def open_slots(session: AggregationSession) -> Iterable[Dispatch]:
    """Yield the session's open slots with what closing one needs."""
    return (
        session.dispatches.filter(state__in=[state.value for state in OPEN_SLOTS])
        .select_related("step__service", "step__promotion__stage", "step__promotion__started_by", "session")
        .order_by("step__service__slug")
    )


def close_session_when_done(ledger: Ledger, session: AggregationSession) -> bool:
    """Close a session whose every slot is closed, with exactly one summary; tell whether it is closed now."""
    slots = [
        Slot(state=SlotState(state), reason=reason)
        for state, reason in session.dispatches.values_list("state", "reason")
    ]
    outcome = session_outcome([slot.state for slot in slots])
    if outcome is None:
        return False
    totals = tally(slots)
    session.state = move(SESSION_MOVES, SessionState(session.state), outcome).value
    session.closed_at = ledger.now
    session.summary = {
        "source": "AGGREGATOR",
        "status": totals.status,
        "expected": totals.expected,
        "received": totals.received,
        "respondents": totals.respondents,
        "errors": totals.errors,
    }
    session.save(update_fields=["state", "closed_at", "summary"])
    ledger.append(
        Kind.SESSION_CLOSED,
        phase=session.phase + 1,
        correlation_id=str(session.correlation_id),
        state=outcome.value,
        **session.summary,
    )
    open_delivery(ledger, session)
    return True
