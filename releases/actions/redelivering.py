"""Sending a message once more because somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.ledger import open_ledger
from releases.actions.receipts import fingerprint, recall, remember
from releases.actions.telling import new_delivery, send_on_commit
from releases.domain.access import Permission, require
from releases.domain.errors import Conflict, NotFound
from releases.domain.journal import Kind
from releases.models import Delivery
from releases.queries.clock import database_now
from releases.queries.deliveries import why_not_again

if TYPE_CHECKING:
    from datetime import datetime

    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor


@transaction.atomic(durable=True)
def redeliver(*, actor: Actor, delivery_id: int, key: str = "") -> int:
    """Open a new delivery of the same body and return its number.

    ``NotFound`` for an unknown one, ``Conflict`` while it is on its way or its receiver is switched off.
    """
    require(actor, Permission.REDELIVER)
    known = Delivery.objects.filter(pk=delivery_id).first()
    if known is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    print_ = fingerprint("redeliver", delivery=delivery_id)
    ledger = open_ledger(release_id=known.release_id, actor=actor.name) if known.release_id else None
    first = _locked(delivery_id)
    answer = recall(actor=actor, key=key, print_=print_)
    if answer is not None:
        return int(str(answer["delivery"]))
    again = _open_again(first, ledger.now if ledger else database_now())
    if ledger:
        _note(ledger, again)
    remember(actor=actor, key=key, print_=print_, result={"delivery": again.pk})
    return again.pk


def _locked(delivery_id: int) -> Delivery:
    """What concerns no release is its own lock; of what concerns one, nothing is sent again without the release's."""
    receivers = Delivery.objects.select_related("inbox", "subscription", "channel")
    return receivers.select_for_update(of=("self",)).get(pk=delivery_id)


def _open_again(first: Delivery, now: datetime) -> Delivery:
    on_its_way = first.repetitions.filter(delivered_at=None, gave_up_at=None).exists()
    if refusal := why_not_again(first, on_its_way=on_its_way):
        raise Conflict(refusal)
    again = new_delivery(
        inbox_id=first.inbox_id,
        subscription_id=first.subscription_id,
        channel_id=first.channel_id,
        session_id=first.session_id,
        release_id=first.release_id,
        kind=first.kind,
        repeats=first,
        body=first.body,
        now=now,
    )
    again.save(force_insert=True)
    send_on_commit()
    return again


def _note(ledger: Ledger, again: Delivery) -> None:
    ledger.append(
        Kind.DELIVERY_REPEATED,
        receiver=again.receiver.name,
        what=again.kind,
        delivery=again.pk,
        repeats=again.repeats_id,
    )
    ledger.close()
