"""Deliveries: what was sent to inboxes and webhooks, and sending it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from releases.actions.redelivering import redeliver
from releases.api.authentication import actor_behind
from releases.api.control_answers import ControlAnswer
from releases.api.fields import MAX_BIGINT, Cursor, IdempotencyKey, Limit, Text
from releases.queries.deliveries import DeliveryFilter, DeliveryLine, delivery_line, delivery_lines

router = Router(tags=["deliveries"])
DeliveryId = Annotated[int, Path(ge=1, le=MAX_BIGINT)]


class DeliveriesQuery(Schema):
    limit: Limit = 25
    cursor: Cursor | None = None
    state: Literal["queued", "retrying", "delivered", "gave_up"] | None = None
    to: Annotated[Text, Field(max_length=64)] = ""
    release: Annotated[Text, Field(max_length=128)] = ""


class DeliveryAnswer(Schema):
    """``what`` is the kind of the journal entry, or ``platform.…`` where ``release`` is empty.

    ``problem`` is that of the last try.
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
    again: ControlAnswer


class DeliveryPage(Schema):
    items: list[DeliveryAnswer]
    next_cursor: int | None


@router.get("/deliveries", response=DeliveryPage)
def list_deliveries(request: HttpRequest, query: Query[DeliveriesQuery]) -> dict[str, object]:
    """What was sent, newest first."""
    wanted = DeliveryFilter(state=query.state or "", to=query.to, release=query.release)
    lines, cursor = delivery_lines(actor_behind(request), wanted, before=query.cursor, limit=query.limit)
    return {"items": lines, "next_cursor": cursor}


@router.post("/deliveries/{delivery}/redeliver", response={202: DeliveryAnswer})
def send_again(request: HttpRequest, delivery: DeliveryId, key: IdempotencyKey) -> DeliveryLine:
    """Send the same body once more, as a new delivery, which is answered."""
    actor = actor_behind(request)
    return delivery_line(actor, redeliver(actor=actor, delivery_id=delivery, key=key or ""))
