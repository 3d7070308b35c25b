"""Putting what happened on its way to those who follow it: written down with the entry, sent by whoever is free."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BooleanField, Exists, ExpressionWrapper, Value

from releases import conf
from releases.domain.telling import is_told, is_wanted
from releases.domain.wording import DEFAULT_TEXT, DEFAULT_TITLE, worded
from releases.enqueue import task_on_commit
from releases.models import Channel, Delivery, MessageTemplate, Promotion, Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from releases.models import JournalEntry, Release

    Document = Callable[[], dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A subscription or a channel as it was when the release was locked."""

    pk: int
    is_channel: bool
    events: str
    stages: Sequence[str]


def is_followed() -> ExpressionWrapper[Any]:
    """Tell, as part of a query that is made anyway, whether anybody follows what happens."""
    told = Exists(Subscription.objects.filter(active=True)) | Exists(Channel.objects.filter(active=True))
    return ExpressionWrapper(told, output_field=BooleanField())


def followers() -> tuple[Follower, ...]:
    """Return everybody who follows what happens, in one query."""
    names = ("pk", "is_channel", "events", "stages")
    webhooks, channels = (
        model.objects.filter(active=True).order_by().annotate(is_channel=Value(is_channel)).values_list(*names)
        for model, is_channel in ((Subscription, False), (Channel, True))
    )
    return tuple(
        Follower(pk=pk, is_channel=bool(is_channel), events=events, stages=stages)
        for pk, is_channel, events, stages in webhooks.union(channels, all=True)
    )


def tell(followers: Sequence[Follower], entry: JournalEntry) -> None:
    """Open a delivery to each follower who wants to hear of the entry."""
    if not followers or not is_told(entry.kind):
        return
    stage = _stage_of(entry) if any(follower.stages for follower in followers) else ""
    wanting = [
        follower
        for follower in followers
        if is_wanted(entry.kind, stage, events=follower.events, stages=follower.stages)
    ]
    if wanting:
        message = Message(kind=entry.kind, at=entry.at, release=entry.release)
        open_deliveries(wanting, message, document=lambda: entry_document(entry), note=lambda: note_document(entry))


def _stage_of(entry: JournalEntry) -> str:
    if stage := entry.payload.get("stage"):
        return str(stage)
    latest = Promotion.objects.filter(release=entry.release).order_by("-pk").values_list("stage__name", flat=True)
    return latest.first() or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What deliveries of one happening share; no ``release`` where it concerns the platform as a whole."""

    kind: str
    at: datetime
    release: Release | None = None


def open_deliveries(followers: Sequence[Follower], message: Message, *, document: Document, note: Document) -> None:
    """Put the message on its way: ``document`` to the webhooks among the followers, ``note`` to the channels."""
    is_said = any(follower.is_channel for follower in followers)
    said, written = as_json(note()) if is_said else "", as_json(document())
    opened = [
        new_delivery(
            subscription_id=None if follower.is_channel else follower.pk,
            channel_id=follower.pk if follower.is_channel else None,
            release=message.release,
            kind=message.kind,
            body=said if follower.is_channel else written,
            now=message.at,
        )
        for follower in followers
    ]
    Delivery.objects.bulk_create(opened)
    send_on_commit()


def new_delivery(*, now: datetime, **fields: Any) -> Delivery:
    """Return a message that is due at once, with an id of its own; it is not stored yet."""
    return Delivery(
        message_id=uuid.uuid4(),
        opened_at=now,
        next_send_at=now,
        give_up_at=now + conf.undeliverable_after(),
        **fields,
    )


def send_on_commit() -> None:
    """Wake a worker for what was put on its way."""
    task_on_commit("releases.send_due_deliveries")


def as_json(document: dict[str, object]) -> str:
    """Write a message's body, which is signed as it is written."""
    return json.dumps(document, cls=DjangoJSONEncoder, separators=(",", ":"))


def entry_document(entry: JournalEntry) -> dict[str, object]:
    """Return what a webhook says: the entry, the release that it belongs to, and where to read on."""
    release, site = entry.release, conf.site_url()
    name = _name_in_addresses(release)
    return {
        "type": entry.kind,
        "timestamp": entry.at,
        "data": {
            "sequence": entry.sequence,
            "actor": entry.actor,
            "service": entry.service,
            "payload": entry.payload,
            "release": {
                "version": release.version,
                "target_version": release.target_version,
                "kind": release.kind,
                "title": release.title,
            },
            "links": {
                "page": f"{site}/releases/{name}",
                "release": f"{site}/api/v1/releases/{name}",
                "journal": f"{site}/api/v1/releases/{name}/journal?after={entry.sequence - 1}&limit=1",
            },
        },
    }


def note_document(entry: JournalEntry) -> dict[str, object]:
    """Return what a channel is told, in the administrator's words for this kind or the built-in ones."""
    own = MessageTemplate.objects.filter(kind=entry.kind).first()
    title, text = (own.title, own.text) if own else (DEFAULT_TITLE, DEFAULT_TEXT)
    sentence = conf.wording()(entry)
    note = worded(title, text, _values(entry, sentence.text))
    return {"title": note.title, "text": note.text, "tone": sentence.status.tone.value}


def _values(entry: JournalEntry, sentence: str) -> dict[str, str]:
    release, payload = entry.release, entry.payload
    return {
        "sentence": sentence,
        "event": entry.kind,
        "platform": conf.platform_name(),
        "version": release.version,
        "target": release.target_version,
        "title": release.title,
        "stage": str(payload.get("stage") or ""),
        "service": entry.service,
        "actor": entry.actor,
        "reason": str(payload.get("reason") or payload.get("message") or ""),
        "at": f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "link": f"{conf.site_url()}/releases/{_name_in_addresses(release)}",
    }


def _name_in_addresses(release: Release) -> str:
    return quote(release.version, safe="")
