"""Bodies of unknown length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bookverse.bodies import LARGEST, LimitedBody
from bookverse.limits import too_large

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, ASGISendEvent, HTTPScope, Scope

CHUNK = b"x" * 65_536
HTTP: HTTPScope = {"type": "http", "path": "/api/v1/verdict"}  # type: ignore[typeddict-item] # nothing else of it is asked for


class Reader:
    """An application that reads everything, and answers unless the caller hangs up."""

    def __init__(self) -> None:
        self.read = 0

    async def __call__(self, _scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        more = True
        while more:
            event = await receive()
            if event["type"] != "http.request":
                return
            self.read += len(event["body"])
            more = event["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": False})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def answer_of(reader: Reader, chunks: int) -> list[object]:
    """Send so many chunks and return the status and the body of the answer."""
    left = chunks
    said: list[ASGISendEvent] = []

    async def receive() -> ASGIReceiveEvent:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": CHUNK, "more_body": left > 0}

    async def send(event: ASGISendEvent) -> None:
        said.append(event)

    await LimitedBody(reader)(HTTP, receive, send)
    return [event.get("status", event.get("body")) for event in said]


async def test_a_body_within_the_limit_is_passed_on() -> None:
    reader = Reader()
    assert await answer_of(reader, LARGEST // len(CHUNK)) == [200, b""]
    assert reader.read == LARGEST


async def test_an_endless_body_is_read_no_further_than_the_limit() -> None:
    reader = Reader()
    assert await answer_of(reader, 1_000_000) == [413, too_large("/api/").content]
    assert reader.read == LARGEST
