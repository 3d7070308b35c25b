"""Asking services: claim what is due, post outside any transaction, write down what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.advancing import advance
from releases.actions.claims import free, numbers, prolong, renewing, take, wait
from releases.actions.ledger import Ledger, open_ledger
from releases.actions.slots import close_slot, start_clock
from releases.clients.services import Order, send_orders
from releases.clients.signing import callback_token
from releases.domain.aggregation import Answer, Reason, Sending, sending_outcome
from releases.domain.backoff import SENDING
from releases.domain.journal import Kind
from releases.domain.lifecycle import SLOT_MOVES, PromotionState, SlotState, move
from releases.metrics import DISPATCHES, count_on_commit
from releases.models import Dispatch
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

BATCH = 200
# Longer than one POST can take (5 s to connect, 30 s to answer), so that nobody sends the same order meanwhile.
SENDING_TAKES = timedelta(seconds=45)
_SENDING = (PromotionState.RUNNING.value, PromotionState.HELD.value)


def send_due_dispatches() -> int:
    """Send every order that is due and return how many there were; any number of processes may do so at once."""
    # Asked before claiming: on SQLite a claim takes the only write lock, and most seconds nothing is due.
    if not _due(database_now()).exists():
        return 0
    claimed = _claim()
    orders = {str(dispatch.key): dispatch for dispatch in claimed}

    def settle(order: Order, answer: Answer) -> None:
        dispatch = orders[order.key]
        _settle(dispatch.pk, dispatch.claim_no, answer)

    with renewing(lambda: _renew(numbers(claimed)), at_most=SENDING_TAKES):
        send_orders([_order(dispatch) for dispatch in claimed], settle)
    return len(claimed)


def _due(now: datetime) -> QuerySet[Dispatch]:
    return (
        _pending()
        .select_related("session", "step__service", "step__promotion__stage")
        .filter(free(now), next_send_at__lte=now, step__promotion__state__in=_SENDING)
        .order_by("next_send_at")
    )


def _pending() -> QuerySet[Dispatch]:
    return Dispatch.objects.filter(state=SlotState.PENDING.value)


@transaction.atomic(durable=True)
def _claim() -> list[Dispatch]:
    now = database_now()
    return take(_due(now), now, at_most=BATCH, counted_in="sends")


@transaction.atomic(durable=True)
def _renew(claims: Mapping[int, int]) -> None:
    prolong(_pending(), claims)


def _order(dispatch: Dispatch) -> Order:
    step, session = dispatch.step, dispatch.session
    return Order(
        url=step.dispatch_url,
        key=str(dispatch.key),
        correlation_id=str(session.correlation_id),
        attempt=dispatch.attempt,
        stage=step.promotion.stage.name,
        service=step.service.slug,
        from_version=step.from_version or None,
        to_version=step.to_version or None,
        platform_version=step.promotion.version,
        callback_url=conf.callback_url(),
        callback_token=callback_token(signing_key=conf.signing_key(), dispatch_key=dispatch.key),
        deadline=session.earliest_deadline_at.isoformat(),
        traceparent=session.traceparent,
    )


@transaction.atomic(durable=True)
def _settle(dispatch_id: int, claim_no: int, answer: Answer) -> None:
    """Write down an answer, unless a callback or a later claim of the same order already went further."""
    release_id = Dispatch.objects.values_list("step__promotion__release_id", flat=True).get(pk=dispatch_id)
    ledger = open_ledger(release_id=release_id, actor="board")
    dispatch = Dispatch.objects.select_related(
        "session",
        "step__service",
        "step__promotion__stage",
        "step__promotion__started_by",
    ).get(pk=dispatch_id)
    if dispatch.claim_no != claim_no:
        return
    # Also when a callback was faster than this answer.
    _note_status_url(dispatch, answer)
    if SlotState(dispatch.state) is not SlotState.PENDING:
        return
    outcome = sending_outcome(answer)
    count_on_commit(DISPATCHES, outcome)
    _SETTLE[outcome](ledger, dispatch, answer)
    advance(ledger, dispatch.step.promotion)
    ledger.close()


def _note_status_url(dispatch: Dispatch, answer: Answer) -> None:
    if answer.status_url and sending_outcome(answer) is Sending.DELIVERED:
        dispatch.status_url = answer.status_url
        dispatch.save(update_fields=["status_url"])


def _delivered(ledger: Ledger, dispatch: Dispatch, _answer: Answer) -> None:
    start_clock(ledger, dispatch.session)
    dispatch.state = move(SLOT_MOVES, SlotState(dispatch.state), SlotState.DISPATCHED).value
    dispatch.sent_at, dispatch.claimed_until = ledger.now, None
    dispatch.lease_until = ledger.now + conf.start_lease()
    dispatch.save(update_fields=["state", "sent_at", "claimed_until", "lease_until"])
    step = dispatch.step
    step.state = dispatch.state
    step.save(update_fields=["state"])
    ledger.append(
        Kind.DISPATCH_SENT,
        service=step.service.slug,
        correlation_id=str(dispatch.session.correlation_id),
        attempt=dispatch.attempt,
        **({} if step.to_version else {"uninstalls": True}),
    )


def _rejected(ledger: Ledger, dispatch: Dispatch, answer: Answer) -> None:
    start_clock(ledger, dispatch.session)
    message = f"The service refused the order with {answer.status}."
    close_slot(ledger, dispatch, SlotState.REJECTED, reason=Reason.REFUSED, message=message)


def _failed(ledger: Ledger, dispatch: Dispatch, answer: Answer) -> None:
    message = f"The service answered {answer.status}."
    close_slot(ledger, dispatch, SlotState.FAILED, reason=Reason.CONNECTION_CLOSED, message=message)


def _retry(ledger: Ledger, dispatch: Dispatch, answer: Answer) -> None:
    cause = answer.error or f"the service answered {answer.status}"
    delay = wait(SENDING, dispatch.sends, retry_after=answer.retry_after)
    next_send_at = ledger.now + delay
    if next_send_at >= dispatch.give_up_at:
        message = f"Not reached in {_seconds(dispatch.opened_at, ledger.now)} s and {dispatch.sends} tries: {cause}"
        close_slot(ledger, dispatch, SlotState.FAILED, reason=Reason.UNDELIVERABLE, message=message)
        return
    dispatch.next_send_at, dispatch.claimed_until = next_send_at, None
    dispatch.save(update_fields=["next_send_at", "claimed_until"])
    ledger.append(
        Kind.DISPATCH_RETRYING,
        service=dispatch.step.service.slug,
        correlation_id=str(dispatch.session.correlation_id),
        attempt=dispatch.attempt,
        reason=cause,
        next_in_ms=round(delay.total_seconds() * 1000),
    )


def _seconds(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds())


_SETTLE = {
    Sending.DELIVERED: _delivered,
    Sending.REJECTED: _rejected,
    Sending.FAILED: _failed,
    Sending.RETRY: _retry,
}
