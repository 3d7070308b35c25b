"""How soon a board that was killed is back, keeps its deadlines and goes on with what was open (T9)."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING

import httpx2

from tests.flows.processes import Script
from tests.load.board import board, moment, release_of
from tests.load.measuring import Line, percentile
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.load.board import Board

KILLS = 6
DEADLINES = 20
SHORT_MS = 1500
TAKES_MS = 700
SENT = "SELECT count(*) FROM releases_dispatch WHERE sent_at IS NOT NULL"
NEWEST = "SELECT max(at) FROM releases_journalentry"
LATE = """SELECT deadline_at, closed_at FROM releases_aggregationsession
    WHERE deadline_at IS NOT NULL AND closed_at > deadline_at"""


def proof(topology: str, **_options: float) -> Iterator[Line]:
    """Kill the web process again and again in the middle of a promotion; then let deadlines pass."""
    with board(topology) as running:
        version = release_of(running.script(), 0)
        yield from _kills(running, version)
        yield from _deadlines(running, version)


def _kills(running: Board, version: str) -> Iterator[Line]:
    back, moved = [], []
    for _ in range(KILLS):
        sent = running.rows(SENT)[0][0]
        running.simulation.take(TAKES_MS)
        _promote(running, version)
        until(lambda before=sent: running.rows(SENT)[0][0] > before)  # type: ignore[misc]
        running.kill_web()
        seconds, answered_at = _started_again(running)
        back.append(seconds)
        until(lambda since=answered_at: moment(running.rows(NEWEST)[0][0]) > since)  # type: ignore[misc]
        moved.append(moment(running.rows(NEWEST)[0][0]) - answered_at)
        _cancel(running, version)
    yield Line(name=f"first 200 after kill -9, slowest of {KILLS}", value=max(back), unit="s", most=3)
    yield Line(name="an open promotion moves after the restart, slowest", value=max(moved), unit="s", most=5)


def _started_again(running: Board) -> tuple[float, float]:
    """Start the web part again; return how long its first answer took, and when that was."""
    began = time.monotonic()
    starting = Thread(target=running.start_web)
    starting.start()
    while not _answers(running):
        time.sleep(0.01)
    seconds, at = time.monotonic() - began, time.time()
    starting.join()
    return seconds, at


def _answers(running: Board) -> bool:
    try:
        return httpx2.get(f"{running.url}/readyz", trust_env=False).is_success
    except httpx2.TransportError:
        return False


def _deadlines(running: Board, version: str) -> Iterator[Line]:
    running.simulation.behave("inventory", mode="silent")
    before = len(running.rows(LATE))
    for _ in range(DEADLINES):
        seen = len(running.rows(LATE))
        _promote(running, version, timeout_ms=SHORT_MS)
        until(lambda so_far=seen: len(running.rows(LATE)) > so_far)  # type: ignore[misc]
        _cancel(running, version)
    late = [moment(closed) - moment(deadline) for deadline, closed in running.rows(LATE)[before:]]
    yield Line(name="deadlines that passed", value=len(late), least=DEADLINES)
    yield Line(name="swept after the deadline, p99", value=percentile(late, 0.99), unit="s", most=2)


def _promote(running: Board, version: str, timeout_ms: int = 27_000) -> None:
    script = Script(running.url, running.token)
    script.post(f"/releases/{version}/promotions", {"stage": "DEV", "timeout_ms": timeout_ms})
    script.close()


def _cancel(running: Board, version: str) -> None:
    script = Script(running.url, running.token)
    script.post(f"/releases/{version}/cancel", {"reason": "measured"})
    script.close()
