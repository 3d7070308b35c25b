"""The log of what went out: every message with its receiver, its tries and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from releases.domain.access import Permission, why_not
from releases.models import Channel, Delivery, Inbox, Subscription
from releases.queries.views import Control

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from releases.domain.access import Actor

PAGE = 25
DELIVERY_STATES: dict[str, Q] = {
    "queued": Q(delivered_at=None, gave_up_at=None, problem=""),
    "retrying": Q(delivered_at=None, gave_up_at=None) & ~Q(problem=""),
    "delivered": Q(delivered_at__isnull=False),
    "gave_up": Q(gave_up_at__isnull=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """``next_at`` is None once nothing more is tried; ``problem`` is that of the last try.

    ``release`` is empty for what concerns the platform as a whole.
    """

    id: int
    message_id: str
    receiver: str
    receiver_kind: str
    what: str
    release: str
    state: str
    tries: int
    problem: str
    opened_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    repeats: int | None
    again: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """What the address asks for; empty means any."""

    state: str = ""
    to: str = ""
    release: str = ""


def delivery_lines(
    actor: Actor, wanted: DeliveryFilter, *, before: int | None = None, limit: int = PAGE
) -> tuple[tuple[DeliveryLine, ...], int | None]:
    """Return deliveries, newest first, and the cursor of the next page (None on the last); one query."""
    found = _found(wanted)
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: limit + 1])
    refusal = why_not(actor, Permission.REDELIVER)
    lines = tuple(_line(delivery, refusal) for delivery in page[:limit])
    return lines, page[limit - 1].pk if len(page) > limit else None


def delivery_line(actor: Actor, pk: int) -> DeliveryLine:
    """Return one delivery that is known to be there."""
    return _line(_deliveries().get(pk=pk), why_not(actor, Permission.REDELIVER))


def receiver_names() -> tuple[str, ...]:
    """Return whoever something may be sent to, by name; one query."""
    inboxes, webhooks, channels = (
        model.objects.order_by().values_list("name") for model in (Inbox, Subscription, Channel)
    )
    names = inboxes.union(webhooks, channels)
    return tuple(sorted(name for (name,) in names))


def why_not_again(delivery: Delivery, *, on_its_way: bool) -> str:
    """Return why a message cannot be sent again now, empty when it can."""
    if delivery.is_open:
        return "It is still on its way; the board tries again by itself."
    if on_its_way:
        return "It is on its way again already."
    follower = delivery.subscription or delivery.channel
    if follower is not None and not follower.active:
        return f"{follower.name} is switched off; an administrator can switch it on."
    return ""


def _deliveries() -> QuerySet[Delivery]:
    again = Delivery.objects.filter(repeats=OuterRef("pk"), delivered_at=None, gave_up_at=None)
    related = Delivery.objects.select_related("inbox", "subscription", "channel", "release")
    return related.annotate(on_its_way=Exists(again)).defer("body", "release__plan", "release__notes").order_by("-pk")


def _found(wanted: DeliveryFilter) -> QuerySet[Delivery]:
    found = _deliveries()
    if wanted.state:
        found = found.filter(DELIVERY_STATES[wanted.state])
    if wanted.to:
        found = found.filter(Q(inbox__name=wanted.to) | Q(subscription__name=wanted.to) | Q(channel__name=wanted.to))
    if wanted.release:
        found = found.filter(release__labels__version=wanted.release)
    return found


def _line(delivery: Delivery, refusal: str) -> DeliveryLine:
    refusal = refusal or why_not_again(delivery, on_its_way=delivery.on_its_way)  # type: ignore[attr-defined] # annotated
    return DeliveryLine(
        id=delivery.pk,
        message_id=f"msg_{delivery.message_id.hex}",
        receiver=delivery.receiver.name,
        receiver_kind="inbox" if delivery.inbox_id else "webhook" if delivery.subscription_id else "channel",
        what=delivery.kind,
        release=delivery.release.version if delivery.release else "",
        state=_state(delivery),
        tries=delivery.tries,
        problem=delivery.problem,
        opened_at=delivery.opened_at,
        next_at=delivery.next_send_at if delivery.is_open else None,
        ended_at=delivery.delivered_at or delivery.gave_up_at,
        repeats=delivery.repeats_id,
        again=Control(verb="redeliver", allowed=not refusal, why_not=refusal),
    )


def _state(delivery: Delivery) -> str:
    if delivery.delivered_at:
        return "delivered"
    if delivery.gave_up_at:
        return "gave_up"
    return "retrying" if delivery.problem else "queued"
