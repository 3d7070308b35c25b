"""What is put on the wire for a delivery: the address and the secret that its receiver has now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from releases import conf
from releases.clients.channels import Notice
from releases.clients.inboxes import Message
from releases.clients.signing import inbox_secret, subscription_secret
from releases.models import Channel, Inbox
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from releases.models import Delivery, Subscription


def message_of(delivery: Delivery) -> Message | Notice:
    """Return the next try of a delivery, signed as of now."""
    receiver = delivery.receiver
    if isinstance(receiver, Channel):
        note, address = json.loads(delivery.body), receiver.sealed_address
        return Notice(delivery_id=delivery.pk, sealed_address=address, refusal=_why_not(receiver), **note)
    return Message(
        delivery_id=delivery.pk,
        url=receiver.url,
        message_id=f"msg_{delivery.message_id.hex}",
        timestamp=int(database_now().timestamp()),
        body=delivery.body.encode(),
        secret=_secret(receiver),
        refusal=_why_not(receiver),
    )


def _secret(receiver: Inbox | Subscription) -> bytes:
    key, generation = conf.signing_key(), receiver.generation
    if isinstance(receiver, Inbox):
        return inbox_secret(signing_key=key, inbox_id=receiver.pk, generation=generation)
    return subscription_secret(signing_key=key, subscription_id=receiver.pk, generation=generation)


def _why_not(receiver: Inbox | Subscription | Channel) -> str:
    is_off = not isinstance(receiver, Inbox) and not receiver.active
    return f"{receiver.name} is switched off" if is_off else ""
