"""Twenty callbacks a second over HTTP while everything else goes on: none is refused, none waits long (T13)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx2

from releases.clients.signing import callback_token
from tests.load.board import board, release_of
from tests.load.measuring import Line, percentile
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.load.board import Board

A_SECOND = 20
SECONDS = 60
LONG_MS = "1800000"
OPEN = """SELECT d.key, d.attempt, s.correlation_id FROM releases_dispatch d
    JOIN releases_aggregationsession s ON s.id = d.session_id WHERE d.sent_at IS NOT NULL"""


def proof(topology: str, **_options: float) -> Iterator[Line]:
    """Report progress of one deployment, each callback at its own moment, whether the last was answered or not."""
    with board(topology, SESSION_TIMEOUT_MAX_MS=LONG_MS, START_LEASE_MS=LONG_MS, PROGRESS_LEASE_MS=LONG_MS) as running:
        running.simulation.behave("inventory", mode="silent")
        script = running.script()
        version = release_of(script, 0)
        script.post(f"/releases/{version}/promotions", {"stage": "DEV", "timeout_ms": int(LONG_MS)})
        until(lambda: running.rows(OPEN), what=lambda: script.kinds(version))
        answers = _report(running, A_SECOND * SECONDS)
        stored = running.rows("SELECT count(*) FROM releases_callback")[0][0]
        waits = [seconds for seconds, _ in answers]
        refused = sum(status != httpx2.codes.OK for _, status in answers)
        web = running.web.said() if running.web else ""
    yield Line(name=f"callbacks at {A_SECOND} a second", value=len(answers))
    yield Line(name="of these stored", value=stored, least=len(answers), most=len(answers))
    yield Line(name="not answered with 200", value=refused, most=0)
    yield Line(name='"database is locked" in the log', value=web.count("database is locked"), most=0)
    yield Line(name="callback p50", value=percentile(waits, 0.5), unit="s")
    yield Line(name="callback p99", value=percentile(waits, 0.99), unit="s", most=1)


def _report(running: Board, count: int) -> list[tuple[float, int]]:
    """Return for each callback how long after its moment it was answered, and with what."""
    key, attempt, correlation_id = running.rows(OPEN)[0]
    token = callback_token(signing_key=running.environment["SECRET_KEY"].encode(), dispatch_key=UUID(str(key)))
    body = {
        "correlation_id": str(UUID(str(correlation_id))),
        "source": "inventory",
        "attempt": attempt,
        "status": "progress",
        "message": "still at it",
    }
    limits = httpx2.Limits(max_connections=None)
    headers = {"Authorization": f"Bearer {token}"}
    with (
        httpx2.Client(base_url=running.url, headers=headers, trust_env=False, timeout=60, limits=limits) as client,
        ThreadPoolExecutor(2 * A_SECOND) as pool,
    ):
        began = time.monotonic() + 1
        moments = [began + number / A_SECOND for number in range(count)]
        return list(
            pool.map(lambda pair: _tell(client, {**body, "sequence": pair[0]}, pair[1]), enumerate(moments, start=1))
        )


def _tell(client: httpx2.Client, body: Mapping[str, Any], due: float) -> tuple[float, int]:
    time.sleep(max(0.0, due - time.monotonic()))
    status = client.post("/api/v1/callbacks", json=dict(body)).status_code
    return time.monotonic() - due, status
