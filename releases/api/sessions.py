"""Sessions: how a fan-out stands, and following it live."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from ninja import Router
from ninja.responses import NinjaJSONEncoder

from releases import stopping
from releases.api.answers import SessionAnswer
from releases.api.fields import LastEventId, Text
from releases.domain.journal import Kind
from releases.metrics import VIEWERS
from releases.queries.sessions import SessionView, session_view
from releases.queries.stories import Story, session_story
from releases.queries.views import Entry

router = Router(tags=["sessions"])
LOOKS_EVERY_S = 0.5
# Proxies end connections that say nothing for a minute.
BREATHES_EVERY = 30
# A stream that ends without a summary is taken up again by whoever follows it, after this long.
COME_BACK = "retry: 2000\n\n"
NOTHING_MORE = 204
STREAM = {
    "responses": {
        200: {"description": "Events, numbered as the journal", "content": {"text/event-stream": {}}},
        NOTHING_MORE: {"description": "The summary was told before Last-Event-ID; do not connect again"},
    }
}


@router.get("/sessions/{correlation_id}", response=SessionAnswer)
def session(request: HttpRequest, correlation_id: Text) -> SessionView:
    """One fan-out: its slots, what they add up to, and what came late."""
    return session_view(correlation_id)


@router.get("/sessions/{correlation_id}/stream", url_name="session_stream", openapi_extra=STREAM)
async def session_stream(
    request: HttpRequest,
    correlation_id: Text,
    after: LastEventId,
) -> HttpResponseBase:
    """Server-sent events ``callback``, ``state`` and ``summary``, ending with the summary; 204 when that was told."""
    story = await _told(correlation_id, after)
    if story.is_over and not story.entries:
        return HttpResponse(status=NOTHING_MORE)
    response = StreamingHttpResponse(_counted(_events(correlation_id, story, after)), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


async def _counted(events: AsyncIterator[str]) -> AsyncIterator[str]:
    with VIEWERS.labels("stream").track_inprogress():
        async for event in events:
            yield event


async def _events(correlation_id: str, story: Story, after: int) -> AsyncIterator[str]:
    silence = 0
    while True:
        for entry in story.entries:
            after = entry.sequence
            yield _event(entry)
        if story.is_over:
            return
        if stopping.has_begun():
            yield COME_BACK
            return
        silence = 0 if story.entries else silence + 1
        if silence % BREATHES_EVERY == BREATHES_EVERY - 1:
            yield ": waiting\n\n"
        await asyncio.sleep(LOOKS_EVERY_S)
        story = await _told(correlation_id, after)


async def _told(correlation_id: str, after: int) -> Story:
    return await sync_to_async(_read)(correlation_id, after)


def _read(correlation_id: str, after: int) -> Story:
    story = session_story(correlation_id, after=after)
    # Somebody who follows holds no connection between two looks.
    close_old_connections()
    return story


def _event(entry: Entry) -> str:
    data = json.dumps(asdict(entry), cls=NinjaJSONEncoder)
    return f"id: {entry.sequence}\nevent: {_name(entry.kind)}\ndata: {data}\n\n"


def _name(kind: str) -> str:
    if kind == Kind.SESSION_CLOSED:
        return "summary"
    return "callback" if kind.startswith("callback.") else "state"
