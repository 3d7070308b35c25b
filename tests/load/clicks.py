"""What a click costs while Redis is there, while it refuses, and while it takes every word and never answers (T11)."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.load.board import board, release_of
from tests.load.measuring import Line, percentile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.processes import Script
    from tests.load.board import Board
    from tests.servers import Server

CLICKS = 40
ADDED_MS = 250.0


def proof(topology: str, **_options: float) -> Iterator[Line]:
    """Promote and cancel over and over; nothing is different but Redis."""
    if topology != "split":
        return
    with board(topology) as running:
        yield from _compared(running)


def _compared(running: Board) -> Iterator[Line]:
    script = running.script()
    version = release_of(script, 0)
    server = running.redis
    assert server is not None
    _clicks_ms(script, version, count=5)
    there = percentile(_clicks_ms(script, version), 0.95)
    yield Line(name="promote p95 with Redis", value=there, unit="ms")
    server.kill()
    refused = percentile(_clicks_ms(script, version), 0.95)
    yield Line(name="promote p95 with Redis stopped", value=refused, unit="ms", most=there + ADDED_MS)
    with _silent(server):
        silent = percentile(_clicks_ms(script, version), 0.95)
    yield Line(name="promote p95 with a Redis that never answers", value=silent, unit="ms", most=there + ADDED_MS)
    with _full(server):
        full = percentile(_clicks_ms(script, version), 0.95)
    yield Line(
        name="promote p95 with a Redis that cannot be connected to", value=full, unit="ms", most=there + ADDED_MS
    )
    server.restart(within_s=10)
    again = percentile(_clicks_ms(script, version), 0.95)
    yield Line(name="promote p95 with Redis back", value=again, unit="ms", most=there + ADDED_MS)


def _clicks_ms(script: Script, version: str, *, count: int = CLICKS) -> list[float]:
    took = []
    for _ in range(count):
        began = perf_counter()
        script.promote(version, "DEV")
        took.append((perf_counter() - began) * 1000)
        script.post(f"/releases/{version}/cancel", {"reason": "measured"})
    return took


@contextmanager
def _silent(server: Server) -> Iterator[None]:
    """Accept every connection in Redis' place, read nothing and answer nothing."""
    with socket.create_server(("127.0.0.1", urlsplit(server.url).port or 0), backlog=4096):
        yield


@contextmanager
def _full(server: Server) -> Iterator[None]:
    """Let connections wait for ever, as behind a wall that drops packets: the queue of those to accept is full."""
    address = ("127.0.0.1", urlsplit(server.url).port or 0)
    waiting: list[socket.socket] = []
    with socket.create_server(address, backlog=0):
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)  # noqa: FBT003 (the name of it is the method's)
            client.connect_ex(address)
            waiting.append(client)
        try:
            yield
        finally:
            for client in waiting:
                client.close()
