"""A board with two hundred viewers and twenty slow requests is told to stop: nobody is cut off (T10)."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from typing import TYPE_CHECKING

import httpx2

from tests.flows.processes import PATIENCE_S, sign_in
from tests.load.board import board, release_of
from tests.load.measuring import Line
from tests.load.viewers import Follower, Viewer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.load.board import Board

WAITING, UPLOADS, FOLLOWERS = 10, 10, 5
UPLOAD_TAKES_S = 6.0
LONG_MS = "600000"
RESTARTS = 1012
OPENED = "SELECT correlation_id FROM releases_aggregationsession"


def proof(topology: str, *, viewers: float, **_options: float) -> Iterator[Line]:
    """Open everything, send SIGTERM, and read what each is told."""
    with board(topology, STOP_NOTICE_S="2", SESSION_TIMEOUT_MAX_MS=LONG_MS) as running:
        running.simulation.behave("inventory", mode="silent")
        yield from asyncio.run(_stopped(running, int(viewers)))


async def _stopped(running: Board, viewers: int) -> list[Line]:
    version = release_of(running.script(), 0)
    browser = sign_in(running.url, "viewer")
    cookie = f"sessionid={browser.cookies['sessionid']}"
    watching = [Viewer(page="", release_id=(None, 1)[number % 2], cookie=cookie) for number in range(viewers)]
    tasks = [asyncio.create_task(viewer.watch(running)) for viewer in watching]
    await _until(lambda: all(viewer.arrivals for viewer in watching))
    requests = [asyncio.create_task(_wait(running, version)) for _ in range(WAITING)]
    await _until(lambda: running.rows(OPENED))
    follower = Follower(correlation_id=str(running.rows(OPENED)[0][0]), token=running.token)
    following = [asyncio.create_task(_follow(running, follower)) for _ in range(FOLLOWERS)]
    requests += [asyncio.create_task(_upload(running)) for _ in range(UPLOADS)]
    await asyncio.sleep(1)
    under_way = sum(not request.done() for request in requests)
    assert running.web is not None
    for viewer in watching:
        viewer.codes.clear()  # on a busy machine not every handshake was in time
    running.web.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    unready = await _unready(running)
    status = await asyncio.to_thread(running.web.process.wait, PATIENCE_S)
    took = time.monotonic() - began
    answers = await asyncio.gather(*requests, return_exceptions=True)
    retries = await asyncio.gather(*following, return_exceptions=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    said_so = sum(viewer.codes[:1] == [RESTARTS] for viewer in watching)
    return [
        Line(name="/readyz said 503 while it still answered", value=unready, least=1),
        Line(name="requests under way", value=under_way, least=WAITING + UPLOADS),
        Line(name="of these answered in full", value=sum(answer is True for answer in answers), least=len(answers)),
        Line(name="streams told to come back", value=sum(told is True for told in retries), least=FOLLOWERS),
        Line(name="sockets closed with 1012", value=said_so, least=viewers),
        Line(name="exit status", value=status, most=0, least=0),
        Line(name="from SIGTERM to the end", value=took, unit="s", most=30),
    ]


async def _until(is_so: Callable[[], object]) -> None:
    while not is_so():  # noqa: ASYNC110 (a commit elsewhere is no event here)
        await asyncio.sleep(0.1)


async def _unready(running: Board) -> bool:
    async with httpx2.AsyncClient(trust_env=False) as client:
        while True:
            answer = await client.get(f"{running.url}/readyz")
            if answer.status_code == httpx2.codes.SERVICE_UNAVAILABLE:
                return True


async def _wait(running: Board, version: str) -> bool:
    """Ask for the end of one and the same promotion, and be content with where it stands."""
    headers = {"Authorization": f"Bearer {running.token}", "Idempotency-Key": "the-same"}
    wish = {"stage": "DEV", "strategy": "wait", "timeout_ms": int(LONG_MS)}
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        answer = await client.post(f"{running.url}/api/v1/releases/{version}/promotions", json=wish, headers=headers)
    return answer.status_code == httpx2.codes.ACCEPTED and "Location" in answer.headers


async def _upload(running: Board) -> bool:
    """Send a preview of a plan piece by piece."""

    async def pieces() -> AsyncIterator[bytes]:
        body = json.dumps({"versions": {}, "reason": "x" * 60}).encode()
        for start in range(0, len(body), 10):
            yield body[start : start + 10]
            await asyncio.sleep(UPLOAD_TAKES_S * 10 / len(body))

    headers = {"Authorization": f"Bearer {running.token}", "Content-Type": "application/json"}
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        answer = await client.post(f"{running.url}/api/v1/plans/preview", content=pieces(), headers=headers)
    return answer.status_code < httpx2.codes.INTERNAL_SERVER_ERROR


async def _follow(running: Board, follower: Follower) -> bool:
    address = f"{running.url}/api/v1/sessions/{follower.correlation_id}/stream"
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        answer = await client.get(address, headers={"Authorization": f"Bearer {follower.token}"})
    return answer.text.endswith("retry: 2000\n\n")
