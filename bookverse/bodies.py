"""Bodies that say nothing of their length: read no further than any request may go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bookverse.limits import MEBIBYTE, ROOM_FOR_FIELDS, too_large

if TYPE_CHECKING:
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGIReceiveEvent,
        ASGISendCallable,
        ASGISendEvent,
        Scope,
    )

LARGEST = MEBIBYTE + ROOM_FOR_FIELDS


class LimitedBody:
    """Keeps Django from storing an endless body: it sees the caller hang up, and the caller is told why."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Count what comes in."""
        body = _Body(receive, send)
        await self.application(scope, body.receive, body.send)
        if scope["type"] == "http" and body.taken > LARGEST and not body.is_answered:
            refusal = too_large(scope["path"])
            headers = [(b"content-type", refusal["Content-Type"].encode()), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers, "trailers": False})
            await send({"type": "http.response.body", "body": refusal.content, "more_body": False})


class _Body:
    def __init__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        self._receive, self._send = receive, send
        self.taken, self.is_answered = 0, False

    async def receive(self) -> ASGIReceiveEvent:
        event = await self._receive()
        if event["type"] == "http.request":
            self.taken += len(event.get("body", b""))
            if self.taken > LARGEST:
                return {"type": "http.disconnect"}
        return event

    async def send(self, event: ASGISendEvent) -> None:
        self.is_answered = True
        await self._send(event)
