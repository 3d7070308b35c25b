"""What waits for the caller."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from releases.api.authentication import actor_behind
from releases.queries.inbox import inbox
from releases.queries.inbox_views import Waiting

router = Router(tags=["inbox"])


class InboxItemAnswer(Schema):
    """``since`` is when it began to wait; ``release``, ``train`` or ``debt`` is where to act."""

    kind: Waiting
    state: str
    title: str
    detail: str
    since: datetime
    release: str
    stage: str
    train: str
    debt: int | None


class InboxAnswer(Schema):
    count: int
    items: list[InboxItemAnswer]


@router.get("/inbox", response=InboxAnswer)
def read(request: HttpRequest) -> dict[str, object]:
    """Sign-offs that the caller can give, and what stands still until they decide; the oldest first."""
    items = inbox(actor_behind(request))
    return {"count": len(items), "items": items}
