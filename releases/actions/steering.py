"""Steering an open promotion: pause, resume, cancel, and what to do with a service that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.advancing import advance, note_wait, set_promotion_state
from releases.actions.slots import MESSAGE_LIMIT, close_session_when_done, close_slot, open_session, open_slots
from releases.actions.turns import find_step, refuse, take_turn
from releases.domain.aggregation import Reason
from releases.domain.errors import GateRefused, InvalidInput
from releases.domain.journal import Kind
from releases.domain.lifecycle import (
    DONE_SLOTS,
    PROMOTION_MOVES,
    STEP_MOVES,
    PromotionState,
    ReleaseState,
    SessionState,
    SlotState,
    move,
)
from releases.domain.steering import (
    why_not_as_meant,
    why_not_cancel,
    why_not_pause,
    why_not_resume,
    why_not_retry,
    why_not_skip,
)
from releases.queries.acts import last_act
from releases.queries.gates import resume_gate
from releases.queries.late_results import step_situation

if TYPE_CHECKING:
    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor
    from releases.models import Promotion, PromotionStep

REASON_LIMIT = 300


@transaction.atomic(durable=True)
def pause_promotion(
    *, actor: Actor, version: str, reason: str = "", lock_version: int | None = None, key: str = ""
) -> None:
    """Ask nobody else until resumed; what services report meanwhile still counts."""
    turn = take_turn(actor=actor, version=version, key=key, command="pause", reason=reason)
    if turn.answer is not None:
        return
    turn.claim(lock_version)
    refuse(why_not_pause(turn.situation))
    promotion = turn.steered
    set_promotion_state(turn.ledger, promotion, PromotionState.PAUSED)
    turn.ledger.append(Kind.PROMOTION_PAUSED, stage=promotion.stage.name, reason=reason[:REASON_LIMIT])
    turn.end(paused=promotion.pk)


@transaction.atomic(durable=True)
def resume_promotion(*, actor: Actor, version: str, lock_version: int | None = None, key: str = "") -> None:
    """Go on where the promotion was paused; refused while a freeze lasts that paused what was on its way."""
    turn = take_turn(actor=actor, version=version, key=key, command="resume")
    if turn.answer is not None:
        return
    turn.claim(lock_version)
    refuse(why_not_resume(turn.situation))
    promotion = turn.steered
    if closed := resume_gate(promotion):
        raise GateRefused(closed.text, (closed.reason,))
    set_promotion_state(turn.ledger, promotion, PromotionState.RUNNING)
    turn.ledger.append(Kind.PROMOTION_RESUMED, stage=promotion.stage.name)
    advance(turn.ledger, promotion)
    turn.end(resumed=promotion.pk)


@transaction.atomic(durable=True)
def cancel(
    *,
    actor: Actor,
    version: str,
    reason: str = "",
    lock_version: int | None = None,
    key: str = "",
    stage: str | None = None,
) -> None:
    """Cancel the open promotion, leaving what is done as it is; without one, give the whole release up.

    ``stage`` says which is meant and is refused when it is not so any more: the promotion to that stage, or the release
    where it is empty. With None, a promotion that ends just before costs the release.
    """
    # Left out where there is none, so that keys which were given before still stand for the same.
    meant = {} if stage is None else {"stage": stage}
    turn = take_turn(actor=actor, version=version, key=key, command="cancel", reason=reason, **meant)
    if turn.answer is not None:
        return
    turn.claim(lock_version)
    refuse(why_not_cancel(turn.situation))
    if stage is not None:
        refuse(why_not_as_meant(turn.situation, stage, last_act=last_act(turn.ledger.release)))
    if turn.situation.is_open:
        promotion = turn.steered
        cancel_promotion(turn.ledger, promotion, reason)
        turn.end(cancelled=promotion.pk)
    else:
        turn.ledger.move(ReleaseState.CANCELLED)
        turn.ledger.append(Kind.RELEASE_CANCELLED, reason=reason[:REASON_LIMIT])
        turn.end(cancelled=None)


def cancel_promotion(ledger: Ledger, promotion: Promotion, reason: str) -> None:
    """End an open promotion of a locked release; services keep what they have."""
    for session in promotion.sessions.filter(state=SessionState.RUNNING.value):
        for dispatch in open_slots(session):
            close_slot(ledger, dispatch, SlotState.CANCELLED, reason=Reason.OPERATOR, message=reason)
        close_session_when_done(ledger, session)
    _cancel_steps(ledger, promotion)
    promotion.state = move(PROMOTION_MOVES, PromotionState(promotion.state), PromotionState.CANCELLED).value
    promotion.finished_at = ledger.now
    note_wait(promotion, ledger.now, waits=False)
    promotion.save(update_fields=["state", "finished_at", "waited_ms", "waiting_since"])
    ledger.append(Kind.PROMOTION_CANCELLED, stage=promotion.stage.name, reason=reason[:REASON_LIMIT])
    succeeded = ledger.release.promotions.filter(state=PromotionState.SUCCEEDED.value).exists()
    ledger.move(ReleaseState.WAITING if succeeded else ReleaseState.PLANNED)


def _cancel_steps(ledger: Ledger, promotion: Promotion) -> None:
    ended = {*DONE_SLOTS, SlotState.CANCELLED}
    for step in promotion.steps.all():
        if SlotState(step.state) not in ended:
            step.state = move(STEP_MOVES, SlotState(step.state), SlotState.CANCELLED).value
            step.finished_at = ledger.now
            step.save(update_fields=["state", "finished_at"])


@transaction.atomic(durable=True)
def retry_step(*, actor: Actor, version: str, service: str, lock_version: int | None = None, key: str = "") -> int:
    """Ask a failed service again, in a session of its own; return the number of the attempt."""
    turn = take_turn(actor=actor, version=version, key=key, command="retry", service=service)
    if turn.answer is not None:
        return int(str(turn.answer["attempt"]))
    turn.claim(lock_version)
    step = find_step(turn.steered, service)
    refuse(why_not_retry(turn.situation, step_situation(step)))
    open_session(turn.ledger, turn.steered, [step])
    turn.ledger.append(Kind.STEP_RETRIED, service=service, attempt=step.attempt)
    advance(turn.ledger, turn.steered)
    turn.end(attempt=step.attempt)
    return step.attempt


@transaction.atomic(durable=True)
def skip_step(
    *, actor: Actor, version: str, service: str, reason: str, lock_version: int | None = None, key: str = ""
) -> None:
    """Go on without a failed service; the reason is part of the record."""
    if not reason.strip():
        message = "Say why the promotion may go on without this service."
        raise InvalidInput("reason", message)
    turn = take_turn(actor=actor, version=version, key=key, command="skip", service=service, reason=reason)
    if turn.answer is not None:
        return
    turn.claim(lock_version)
    step = find_step(turn.steered, service)
    refuse(why_not_skip(turn.situation, step_situation(step)))
    leave_out(turn.ledger, step, reason)
    advance(turn.ledger, turn.steered)
    turn.end(skipped=step.pk)


def leave_out(ledger: Ledger, step: PromotionStep, reason: str) -> None:
    """Let a failed step of a locked release count as done by somebody's decision; its service stays where it is."""
    text = reason[:MESSAGE_LIMIT]
    step.state = move(STEP_MOVES, SlotState(step.state), SlotState.SKIPPED).value
    step.reason, step.message, step.finished_at = Reason.OPERATOR.value, text, ledger.now
    step.save(update_fields=["state", "reason", "message", "finished_at"])
    ledger.append(Kind.STEP_SKIPPED, service=step.service.slug, reason=text, cause=Reason.OPERATOR.value)
