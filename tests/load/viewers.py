"""People who watch: they follow pages over sockets by the rules of the page's script, and streams by those of SSE."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from tests.live.html import Element, parse_html, swap

if TYPE_CHECKING:
    from tests.load.board import Board

MARK = re.compile(r'id="live-mark" hidden data-from="(\d+)" data-seq="(\d+)"')
# As the page's script does it: half a second, then twice as long each time, and never all at once.
FIRST_DELAY_S, LONGEST_DELAY_S, JITTER = 0.5, 60.0, 0.3
AWAY = (OSError, InvalidHandshake, TimeoutError)


@dataclass(slots=True, kw_only=True)
class Viewer:
    """One page that is open; ``release_id`` is None for the board."""

    page: str
    release_id: int | None
    cookie: str
    sequence: int = 0
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    codes: list[int | None] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return "/ws/board/" if self.release_id is None else f"/ws/releases/{self.release_id}/"

    async def watch(self, running: Board) -> None:
        """Follow until cancelled, coming back whenever the connection ends."""
        delay = FIRST_DELAY_S
        while True:
            try:
                async with connect(
                    f"ws://127.0.0.1:{running.port}{self.path}",
                    origin=Origin(running.url),
                    additional_headers={"Cookie": self.cookie},
                    proxy=None,
                    max_size=None,
                ) as socket:
                    delay = FIRST_DELAY_S
                    async for frame in socket:
                        if self.take(str(frame)):
                            await socket.send("resync")
            except ConnectionClosed as closed:
                self.codes.append(closed.rcvd.code if closed.rcvd else None)
            except AWAY:
                self.codes.append(None)
            await asyncio.sleep(delay * random.uniform(1 - JITTER, 1 + JITTER))
            delay = min(delay * 2, LONGEST_DELAY_S)

    def take(self, frame: str) -> bool:
        """Apply a frame unless it is old; True when something is missing and all is needed."""
        mark = MARK.search(frame)
        if mark is None:
            return False
        since, to = int(mark[1]), int(mark[2])
        if since > self.sequence:
            return True
        if to > self.sequence or (not since and to == self.sequence):
            self.arrivals.append((time.time(), to))
            self.sequence = to
            # A whole picture replaces every part, so that what was pushed before has no part in what is shown.
            self.frames = [*([] if not since else self.frames), frame]
        return False

    def shown(self, page: str) -> str:
        """Return what the page shows after all that was pushed; ``page`` is how it was once loaded."""
        main = main_of(page)
        for frame in self.frames:
            swap(main, frame)
        return shown(main)


@dataclass(slots=True, kw_only=True)
class Follower:
    """Somebody who follows one session as events, and takes the stream up again wherever it was cut."""

    correlation_id: str
    token: str
    ids: list[int] = field(default_factory=list)
    ended: bool = False
    cuts: int = 0

    async def follow(self, running: Board) -> None:
        address = f"{running.url}/api/v1/sessions/{self.correlation_id}/stream"
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
            while not self.ended:
                after = {"Last-Event-ID": str(self.ids[-1])} if self.ids else {}
                headers = {"Authorization": f"Bearer {self.token}", **after}
                try:
                    async with client.stream("GET", address, headers=headers) as answer:
                        self.ended = await self._reads_to_the_end(answer)
                except httpx2.TransportError:
                    self.cuts += 1
                await asyncio.sleep(0 if self.ended else FIRST_DELAY_S)

    async def _reads_to_the_end(self, answer: httpx2.Response) -> bool:
        ended = answer.status_code == httpx2.codes.NO_CONTENT
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                self.ids.append(int(line.removeprefix("id: ")))
            ended = ended or line == "event: summary"
        return ended


def main_of(page: str) -> Element:
    return parse_html(page).first("main")


def shown(main: Element) -> str:
    """Write what somebody sees, without the connection's own count."""
    kept = [child for child in main.children if isinstance(child, str) or child.attributes.get("id") != "live-mark"]
    return Element(main.tag, main.attributes, kept).shown()
