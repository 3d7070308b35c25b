"""Sending what is on its way to others: written down with what happened, sent outside any transaction, repeated."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.claims import free, numbers, prolong, renewing, take, wait
from releases.actions.ledger import open_ledger
from releases.actions.outgoing import message_of
from releases.actions.telling import as_json, new_delivery, send_on_commit
from releases.clients.inboxes import post_messages
from releases.domain.aggregation import GONE, Answer, Sending, sending_outcome
from releases.domain.backoff import SENDING
from releases.domain.journal import Kind
from releases.metrics import DELIVERIES, count_on_commit
from releases.models import Delivery
from releases.queries.clock import database_now
from releases.queries.sessions import view_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from releases.actions.ledger import Ledger
    from releases.clients.channels import Notice
    from releases.clients.inboxes import Message
    from releases.models import AggregationSession

LOG = logging.getLogger(__name__)
BATCH = 200
# Longer than one POST can take (5 s to connect, 30 s to answer).
POSTING_TAKES = timedelta(seconds=45)


def open_delivery(ledger: Ledger, session: AggregationSession) -> None:
    """Put a session that was just closed on its way to the inbox that its promotion names, if it names one."""
    inbox_id = session.promotion.inbox_id
    if inbox_id is None:
        return
    document = {"type": Kind.SESSION_CLOSED.value, "timestamp": ledger.now, "data": asdict(view_of(session))}
    delivery = new_delivery(
        inbox_id=inbox_id,
        session=session,
        release=ledger.release,
        kind=Kind.SESSION_CLOSED.value,
        body=as_json(document),
        now=ledger.now,
    )
    delivery.save(force_insert=True)
    send_on_commit()


def send_due_deliveries() -> int:
    """Post everything that is due and return how much it was; any number of processes may do so at once."""
    if not _due(database_now()).exists():
        return 0
    claimed = {delivery.pk: delivery for delivery in _claim()}

    def settle(message: Message | Notice, answer: Answer) -> None:
        delivery = claimed[message.delivery_id]
        settled = _settle if delivery.inbox_id else _settle_untold
        settled(delivery, answer)

    with renewing(lambda: _renew(numbers(claimed.values())), at_most=POSTING_TAKES):
        post_messages([message_of(delivery) for delivery in claimed.values()], settle)
    return len(claimed)


def _open() -> QuerySet[Delivery]:
    return Delivery.objects.filter(delivered_at=None, gave_up_at=None)


def _due(now: datetime) -> QuerySet[Delivery]:
    return (
        _open()
        .select_related("inbox", "subscription", "channel")
        .filter(free(now), next_send_at__lte=now)
        .order_by("next_send_at")
    )


@transaction.atomic(durable=True)
def _claim() -> list[Delivery]:
    now = database_now()
    return take(_due(now), now, at_most=BATCH, counted_in="tries")


@transaction.atomic(durable=True)
def _renew(claims: Mapping[int, int]) -> None:
    prolong(_open(), claims)


@transaction.atomic(durable=True)
def _settle(sent: Delivery, answer: Answer) -> None:
    """Settle what the release's journal tells of."""
    assert sent.release_id is not None  # noqa: S101 (an inbox gets the results of a release's sessions)
    ledger = open_ledger(release_id=sent.release_id, actor="board")
    delivery = _record(sent, answer, ledger.now)
    if delivery is None or delivery.is_open:
        return
    _note(ledger, Kind.INBOX_DELIVERED if delivery.delivered_at else Kind.INBOX_GAVE_UP, delivery)


@transaction.atomic(durable=True)
def _settle_untold(sent: Delivery, answer: Answer) -> None:
    """Settle what only the log of deliveries tells of: a journal that told it would have to tell that too."""
    _record(sent, answer, database_now())


def _record(sent: Delivery, answer: Answer, now: datetime) -> Delivery | None:
    """Write down what the try led to; None when it was not the sender's to tell any more."""
    known = Delivery.objects.select_for_update(of=("self",)).select_related(
        "inbox", "session", "subscription", "channel"
    )
    delivery = known.get(pk=sent.pk)
    if delivery.claim_no != sent.claim_no or not delivery.is_open:
        return None
    delivery.claimed_until = None
    if sending_outcome(answer) is Sending.DELIVERED:
        delivery.delivered_at, delivery.problem = now, ""
    else:
        delivery.problem = (answer.error or f"{_whom(delivery)} answered {answer.status}")[:300]
        _try_again_or_give_up(delivery, answer, now)
    delivery.save(update_fields=["claimed_until", "delivered_at", "problem", "next_send_at", "gave_up_at"])
    count_on_commit(DELIVERIES, _outcome(delivery))
    return delivery


def _outcome(delivery: Delivery) -> str:
    if delivery.is_open:
        return "retry"
    return "delivered" if delivery.delivered_at else "gave_up"


def _whom(delivery: Delivery) -> str:
    return "the inbox" if delivery.inbox_id else delivery.receiver.name


def _try_again_or_give_up(delivery: Delivery, answer: Answer, now: datetime) -> None:
    delivery.next_send_at = now + wait(SENDING, delivery.tries, retry_after=answer.retry_after)
    if answer.status == GONE or delivery.next_send_at >= delivery.give_up_at:
        delivery.gave_up_at = now
        LOG.warning("gave up %s after %s tries: %s", delivery.message_id, delivery.tries, delivery.problem)


def _note(ledger: Ledger, kind: Kind, delivery: Delivery) -> None:
    session = delivery.session
    assert session is not None  # noqa: S101 (an inbox gets the results of sessions)
    ledger.append(
        kind,
        inbox=delivery.receiver.name,
        correlation_id=str(session.correlation_id),
        phase=session.phase + 1,
        tries=delivery.tries,
        reason=delivery.problem,
    )
    ledger.close()
