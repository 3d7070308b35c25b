"""Steering an open promotion: pause, resume, cancel, and what to do with a service that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.advancing import advance, set_promotion_state
from releases.actions.ledger import Ledger, claim_turn, open_ledger_of_label
from releases.actions.receipts import fingerprint, recall, remember
from releases.actions.slots import close_session_when_done, close_slot, open_session, open_slots
from releases.domain.access import Actor, Permission, require
from releases.domain.aggregation import Reason
from releases.domain.errors import Conflict, InvalidInput, NotFound
from releases.domain.journal import Kind
from releases.domain.lifecycle import (
    DONE_SLOTS,
    OPEN_PROMOTIONS,
    PROMOTION_MOVES,
    RETRYABLE_SLOTS,
    STEP_MOVES,
    PromotionState,
    ReleaseState,
    SessionState,
    SlotState,
    move,
)

if TYPE_CHECKING:
    from releases.models import Promotion, PromotionStep, Release

_OPEN = [state.value for state in OPEN_PROMOTIONS]


@transaction.atomic(durable=True)
def pause_promotion(*, actor: Actor, version: str, reason: str = "", lock_version: int | None = None) -> None:
    """Ask nobody else until resumed; what services report meanwhile still counts."""
    ledger, promotion = _open_promotion(actor, version)
    claim_turn(ledger, lock_version)
    if not set_promotion_state(ledger, promotion, PromotionState.PAUSED):
        message = f"The promotion to {promotion.stage.name} is already paused."
        raise Conflict(message)
    ledger.append(Kind.PROMOTION_PAUSED, stage=promotion.stage.name, reason=reason[:300])
    ledger.close()


@transaction.atomic(durable=True)
def resume_promotion(*, actor: Actor, version: str, lock_version: int | None = None) -> None:
    """Go on where the promotion was paused."""
    ledger, promotion = _open_promotion(actor, version)
    claim_turn(ledger, lock_version)
    if PromotionState(promotion.state) is not PromotionState.PAUSED:
        message = f"The promotion to {promotion.stage.name} is not paused, but {promotion.state}."
        raise Conflict(message)
    set_promotion_state(ledger, promotion, PromotionState.RUNNING)
    ledger.append(Kind.PROMOTION_RESUMED, stage=promotion.stage.name)
    advance(ledger, promotion)
    ledger.close()


@transaction.atomic(durable=True)
def cancel(
    *,
    actor: Actor,
    version: str,
    reason: str = "",
    lock_version: int | None = None,
    key: str = "",
) -> None:
    """Cancel the open promotion, leaving what is done as it is; without one, give the whole release up.

    A repeated cancel would mean the release where the first meant the promotion: ``key`` or ``lock_version`` tells.
    """
    print_ = fingerprint("cancel", version=version, reason=reason)
    ledger = open_ledger_of_label(version=version, actor=actor.name)
    if recall(actor=actor, key=key, print_=print_):
        return
    promotion = _find_open(ledger.release)
    require(actor, Permission.OPERATE, promotion.stage.name if promotion else "")
    claim_turn(ledger, lock_version)
    if promotion is None:
        _cancel_release(ledger, reason)
    else:
        _cancel_promotion(ledger, promotion, reason)
    ledger.close()
    remember(actor=actor, key=key, print_=print_, result={"cancelled": promotion.pk if promotion else None})


def _cancel_release(ledger: Ledger, reason: str) -> None:
    if ReleaseState(ledger.release.state) is ReleaseState.CANCELLED:
        message = f"{ledger.release.version} is already cancelled."
        raise Conflict(message)
    ledger.move(ReleaseState.CANCELLED)
    ledger.append(Kind.RELEASE_CANCELLED, reason=reason[:300])


def _cancel_promotion(ledger: Ledger, promotion: Promotion, reason: str) -> None:
    for session in promotion.sessions.filter(state=SessionState.RUNNING.value):
        for dispatch in open_slots(session):
            close_slot(ledger, dispatch, SlotState.CANCELLED, reason=Reason.OPERATOR, message=reason)
        close_session_when_done(ledger, session)
    _cancel_steps(ledger, promotion)
    promotion.state = move(PROMOTION_MOVES, PromotionState(promotion.state), PromotionState.CANCELLED).value
    promotion.finished_at = ledger.now
    promotion.save(update_fields=["state", "finished_at"])
    ledger.append(Kind.PROMOTION_CANCELLED, stage=promotion.stage.name, reason=reason[:300])
    succeeded = ledger.release.promotions.filter(state=PromotionState.SUCCEEDED.value).exists()
    ledger.move(ReleaseState.WAITING if succeeded else ReleaseState.PLANNED)


def _cancel_steps(ledger: Ledger, promotion: Promotion) -> None:
    ended = {*DONE_SLOTS, SlotState.CANCELLED}
    for step in promotion.steps.all():
        if SlotState(step.state) not in ended:
            step.state = move(STEP_MOVES, SlotState(step.state), SlotState.CANCELLED).value
            step.finished_at = ledger.now
            step.save(update_fields=["state", "finished_at"])


def _open_promotion(actor: Actor, version: str) -> tuple[Ledger, Promotion]:
    ledger = open_ledger_of_label(version=version, actor=actor.name)
    return ledger, _steered(ledger, actor)


def _steered(ledger: Ledger, actor: Actor) -> Promotion:
    promotion = _find_open(ledger.release)
    require(actor, Permission.OPERATE, promotion.stage.name if promotion else "")
    if promotion is None:
        message = f"No promotion of {ledger.release.version} is open."
        raise Conflict(message)
    return promotion


def _find_open(release: Release) -> Promotion | None:
    return release.promotions.select_related("stage", "started_by").filter(state__in=_OPEN).first()


@transaction.atomic(durable=True)
def retry_step(*, actor: Actor, version: str, service: str, lock_version: int | None = None, key: str = "") -> int:
    """Ask a failed service again, in a session of its own; return the number of the attempt."""
    print_ = fingerprint("retry", version=version, service=service)
    ledger = open_ledger_of_label(version=version, actor=actor.name)
    if known := recall(actor=actor, key=key, print_=print_):
        return int(str(known["attempt"]))
    promotion = _steered(ledger, actor)
    claim_turn(ledger, lock_version)
    if PromotionState(promotion.state) is PromotionState.PAUSED:
        message = "The promotion is paused; resume it, then retry."
        raise Conflict(message)
    step = _failed_step(promotion, service)
    open_session(ledger, promotion, [step])
    ledger.append(Kind.STEP_RETRIED, service=service, attempt=step.attempt)
    advance(ledger, promotion)
    ledger.close()
    remember(actor=actor, key=key, print_=print_, result={"attempt": step.attempt})
    return step.attempt


@transaction.atomic(durable=True)
def skip_step(*, actor: Actor, version: str, service: str, reason: str, lock_version: int | None = None) -> None:
    """Go on without a failed service; the reason is part of the record."""
    if not reason.strip():
        message = "Say why the promotion may go on without this service."
        raise InvalidInput("reason", message)
    ledger, promotion = _open_promotion(actor, version)
    claim_turn(ledger, lock_version)
    step = _failed_step(promotion, service)
    step.state = move(STEP_MOVES, SlotState(step.state), SlotState.SKIPPED).value
    step.reason, step.message, step.finished_at = Reason.OPERATOR.value, reason[:500], ledger.now
    step.save(update_fields=["state", "reason", "message", "finished_at"])
    ledger.append(Kind.STEP_SKIPPED, service=service, reason=reason[:500])
    advance(ledger, promotion)
    ledger.close()


def _failed_step(promotion: Promotion, service: str) -> PromotionStep:
    step = promotion.steps.select_related("service").filter(service__slug=service).first()
    if step is None:
        message = f"{service} is not part of this promotion."
        raise NotFound(message)
    if SlotState(step.state) not in RETRYABLE_SLOTS:
        message = f"{service} is {step.state.replace('_', ' ')}; only a service that failed can be retried or skipped."
        raise Conflict(message)
    return step
