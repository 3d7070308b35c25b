"""A gate before each service: what the board sends goes through it, until it is told otherwise."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.chaos.records import OrderRecord, Recorder
from tests.chaos.wire import Message, NoAnswer, answer, pass_on, read_message, send_back

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ORDERS = "/deployments"


class Mode(StrEnum):
    """What becomes of the next orders."""

    OPEN = "open"
    REFUSE = "refuse"  # cut off before the service hears of it
    BUSY = "busy"  # 503, before the service hears of it
    STALL = "stall"  # delivered late
    LOSE = "lose the answer"  # delivered, but the board never hears so


@dataclass(slots=True)
class Gate:
    """The gate of one service; ``shut`` holds for so many orders, then it is open again."""

    service: str
    upstream: int
    recorder: Recorder
    mode: Mode = Mode.OPEN
    orders_left: int = 0
    stall_s: float = 0.0
    seen: int = 0

    def shut(self, mode: Mode, *, orders: int, stall_s: float = 0.0) -> None:
        self.mode, self.orders_left, self.stall_s = mode, orders, stall_s

    def open(self) -> None:
        self.mode, self.orders_left = Mode.OPEN, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_message(reader)
        if request.method != "POST" or request.path != ORDERS:
            await send_back(writer, await pass_on(request, self.upstream))
            return
        self.seen += 1
        await _TREATMENTS[self._next_mode()](self, request, writer)

    def _next_mode(self) -> Mode:
        mode = self.mode
        self.orders_left -= 1
        if self.orders_left <= 0:
            self.open()
        return mode

    async def _let_through(self, request: Message) -> Message:
        """Deliver an order; that it went out is on record even when no answer came back."""
        try:
            reply = await pass_on(request, self.upstream)
        except NoAnswer:
            self._record(request, None)
            raise
        self._record(request, reply.status)
        return reply

    def _record(self, request: Message, status: int | None) -> None:
        order = request.document()
        self.recorder.write(
            OrderRecord(
                service=self.service,
                key=request.header("idempotency-key"),
                correlation_id=order["correlation_id"],
                attempt=order["attempt"],
                stage=order["stage"],
                to_version=order["to_version"],
                answer_status=status,
            )
        )

    async def deliver(self, request: Message, writer: asyncio.StreamWriter) -> None:
        await send_back(writer, await self._let_through(request))

    async def refuse(self, _request: Message, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def be_busy(self, _request: Message, writer: asyncio.StreamWriter) -> None:
        await send_back(writer, answer(503, {"detail": "The gate is shut."}, **{"Retry-After": "1"}))

    async def stall(self, request: Message, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.stall_s)
        await self.deliver(request, writer)

    async def lose(self, request: Message, writer: asyncio.StreamWriter) -> None:
        await self._let_through(request)
        writer.transport.abort()


_TREATMENTS: dict[Mode, Callable[[Gate, Message, asyncio.StreamWriter], Awaitable[None]]] = {
    Mode.OPEN: Gate.deliver,
    Mode.REFUSE: Gate.refuse,
    Mode.BUSY: Gate.be_busy,
    Mode.STALL: Gate.stall,
    Mode.LOSE: Gate.lose,
}
