"""HTTP at its plainest: one request a connection, passed on and answered as it is, or cut off wherever one likes."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

END_OF_HEAD = b"\r\n\r\n"
Result = TypeVar("Result")
BACKLOG = 512
LIMIT = 4 * 1024 * 1024
# A board that was killed answers nothing; one that waits for a lock or for its database may take long.
ANSWER_WITHIN_S = 40.0


class NoAnswer(Exception):
    """The other side is not there, went away, or takes longer than anybody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or an answer; ``first`` is its first line, header names are as they were sent."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def method(self) -> str:
        return self.first.split(" ", 2)[0]

    @property
    def path(self) -> str:
        return self.first.split(" ", 2)[1]

    @property
    def status(self) -> int:
        return int(self.first.split(" ", 2)[1])

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")

    def with_header(self, name: str, value: str) -> Message:
        kept = tuple((known, kept) for known, kept in self.headers if known.lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def document(self) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON that it carries, None where that is none."""
        with suppress(ValueError):
            return json.loads(self.body)
        return None

    def encoded(self) -> bytes:
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join(lines).encode("latin-1") + END_OF_HEAD + self.body


def answer(status: int, document: object, **headers: str) -> Message:
    body = json.dumps(document).encode()
    said = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close", **headers}
    return Message(first=f"HTTP/1.1 {status} Chaos", headers=tuple(said.items()), body=body)


async def read_message(reader: asyncio.StreamReader) -> Message:
    """Read a head and as much body as it announces; without a word about that, an answer lasts until its end."""
    try:
        head = await reader.readuntil(END_OF_HEAD)
        first, *lines = head[: -len(END_OF_HEAD)].decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        message = Message(first=first, headers=tuple((name, value.strip()) for name, _, value in pairs))
        length = message.header("content-length")
        if length:
            body = await reader.readexactly(int(length))
        else:
            body = await reader.read(-1) if first.startswith("HTTP/") else b""
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as gone:
        raise NoAnswer(str(gone)) from gone
    return replace(message, body=body)


async def pass_on(request: Message, port: int) -> Message:
    """Send a request to a server of this machine and return its answer; ``NoAnswer`` where none comes."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LIMIT)
    except OSError as away:
        raise NoAnswer(str(away)) from away
    try:
        writer.write(request.with_header("Connection", "close").encoded())
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await read_message(reader)
    except (OSError, TimeoutError) as gone:
        raise NoAnswer(str(gone)) from gone
    finally:
        writer.close()


async def send_back(writer: asyncio.StreamWriter, message: Message) -> None:
    with suppress(OSError):
        writer.write(message.with_header("Connection", "close").encoded())
        await writer.drain()


class Relays:
    """An event loop in a thread of its own, for everything that stands between the board and its services."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="relays", daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []

    def listen(self, serve: Serve, port: int) -> int:
        """Serve each connection with ``serve`` and hang up after it; return the port, which 0 leaves to the system."""
        server = self.run(self._start(serve, port))
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _start(self, serve: Serve, port: int) -> asyncio.Server:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except NoAnswer:
                writer.transport.abort()
            finally:
                writer.close()

        return await asyncio.start_server(connected, "127.0.0.1", port, limit=LIMIT, backlog=BACKLOG)

    def run(self, act: Coroutine[Any, Any, Result]) -> Result:
        """Do something in the loop and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(act, self._loop).result()

    def begin(self, act: Coroutine[Any, Any, None]) -> None:
        """Do something in the loop without waiting for it."""
        asyncio.run_coroutine_threadsafe(act, self._loop)

    def close(self) -> None:
        self.run(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _cancel_all(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
