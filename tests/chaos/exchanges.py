"""Both ends of what stands between board and services: a server that answers and a client that asks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2

from tests.chaos.wire import Message, answer, read_message, send_back

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from tests.chaos.wire import Relays

PATIENCE_S = 30.0


@dataclass(slots=True)
class Upstream:
    """A server that answers everything with ``status`` and keeps what it was asked; ``port`` once it listens."""

    relays: Relays
    status: int = 200
    asked: list[Message] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.port = self.relays.listen(self._serve, 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await read_message(reader))
        await send_back(writer, answer(self.status, {"number": len(self.asked)}))

    def bodies(self) -> list[dict[str, object]]:
        return [json.loads(each.body) for each in self.asked]


def post(port: int, path: str, body: Mapping[str, object], **headers: str) -> httpx2.Response | None:
    """Post and return the answer; None where the connection ends without one."""
    try:
        return httpx2.post(
            f"http://127.0.0.1:{port}{path}", json=dict(body), headers=headers, trust_env=False, timeout=PATIENCE_S
        )
    except httpx2.TransportError:
        return None
