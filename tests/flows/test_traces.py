"""Traces of a real board: one click is one trace, through worker, database and services, and back by callbacks."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bookverse.demo.addresses import SERVICES
from tests.fakes.collector import Collector, Told, collector
from tests.flows.processes import Script, sign_in
from tests.flows.test_topology import Topology
from tests.flows.whole_board import Board
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process
PROMOTE = "POST /api/v1/releases/<version>/promotions"
CALLBACK = "POST /api/v1/callbacks"
TASK = "releases.send_due_dispatches"
STATEMENTS = {"SELECT", "INSERT", "UPDATE"}


def told_to(url: str, **more: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "100", "LOG_FORMAT": "json", **more}


@pytest.fixture
def kept() -> Iterator[Collector]:
    with collector() as kept:
        yield kept


def promote(script: Script) -> str:
    """Release to DEV and wait until every service has said that it is there."""
    version = script.create_release()
    script.promote(version, "DEV")
    until(lambda: "promotion.succeeded" in script.kinds(version), what=lambda: script.kinds(version))
    return version


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def about(span: Told) -> set[str]:
    return {name.removeprefix("bookverse.") for name in span.attributes if name.startswith("bookverse.")}


def is_order(span: Told) -> bool:
    return span.kind == Span.SPAN_KIND_CLIENT and span.name == "POST" and about(span) >= {"service", "stage", "release"}


def check_one_trace(kept: Collector, *, database: str, worker: str) -> str:
    """Look along the way of the one promotion and return its trace."""
    (request,) = kept.found(lambda span: span.name == PROMOTE)
    orders = kept.found(lambda span: is_order(span) and span.trace == request.trace)
    callbacks = kept.found(lambda span: span.name == CALLBACK)
    tasks = [span for span in kept.below(request) if span.name == TASK]
    asked = {span.name for span in kept.below(request) if span.attributes.get("db.system.name") == database}
    looked = {span.attributes["db.system.name"] for span in kept.below(tasks[0]) if span.name == "SELECT"}

    assert (request.parent, request.attributes["http.response.status_code"]) == ("", "202")
    assert about(request) >= {"release", "stage", "correlation_id", "request_id"}
    assert [(task.process, task.attributes["bookverse.request_id"]) for task in tasks] == [
        (worker, request.attributes["bookverse.request_id"])
    ]
    assert (asked >= STATEMENTS, looked) == (True, {database})
    assert sorted(span.attributes["bookverse.service"] for span in orders) == sorted(SERVICES)
    assert {span.attributes["http.response.status_code"] for span in orders} == {"202"}
    assert {span.parent for span in callbacks} == {span.span for span in orders}
    assert {span.trace for span in callbacks} == {request.trace}
    assert [span for span in callbacks if not about(span) >= {"release", "stage", "service", "correlation_id"}] == []
    return request.trace


def test_one_click_is_one_trace_that_the_logs_name_and_that_holds_no_secret(tmp_path: Path, kept: Collector) -> None:
    environment = told_to(kept.url, OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20planted-for-collector")
    board = Board(tmp_path, **environment)
    try:
        token = board.token()
        with closing(Script(board.url, token)) as script, closing(sign_in(board.url, "manager")) as browser:
            version = promote(script)
            browser.get("/releases/", params={"q": "planted-in-query"})
            session = browser.cookies["sessionid"]
            script.get(f"/releases/{version}/journal?after=0&limit=7&why=planted-too")
            recorded = "platform.recorded"
            until(lambda: script.kinds(version).count(recorded) == 2, what=lambda: script.kinds(version))
    finally:
        board.process.stop()

    trace = check_one_trace(kept, database="sqlite", worker="bookverse-board-web")
    lines = lines_of(board.log)
    correlation_ids = {
        line["correlation_id"] for line in lines if line["message"] == "session.opened" and line["release"] == version
    }
    assert {line["trace_id"] for line in lines if line["message"] in {"callback.applied", "callback.answered"}} == {
        trace
    }
    assert {line["correlation_id"] for line in lines if line.get("service") == "apptrust"} <= correlation_ids
    assert [line["status_code"] for line in lines if line["message"].endswith("/promote")] == [200]
    assert {headers["authorization"] for headers in kept.headers} == {"Bearer planted-for-collector"}
    secrets = {token, session, environment["OTEL_EXPORTER_OTLP_HEADERS"], *callback_tokens(board)}
    planted = {*secrets, "planted", board.environment["SECRET_KEY"], "demo-token", "csrfmiddlewaretoken="}
    assert version.encode() in kept.raw
    assert {secret for secret in planted if secret.encode() in kept.raw} == set()


def callback_tokens(board: Board) -> set[str]:
    with closing(sqlite3.connect(board.data / "inventory.sqlite3")) as connection:
        return {token for (token,) in connection.execute("SELECT callback_token FROM deployments")}


@pytest.mark.parametrize("answers", [False, True], ids=["absent", "never answers"])
def test_a_collector_that_does_not_take_spans_delays_neither_click_nor_stop(tmp_path: Path, *, answers: bool) -> None:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        if answers:
            listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # Whoever waited for it would wait until the test gives up.
        board = Board(tmp_path, **told_to(url, OTEL_EXPORTER_OTLP_TIMEOUT="100000" if answers else "1"))
        try:
            with closing(Script(board.url, board.token())) as script:
                promote(script)
                if not answers:
                    board.process.wait_for("traces are lost")
        finally:
            board.process.stop()

    said = board.process.said()
    assert board.process.process.returncode == 0
    assert (said.count("traces are lost"), said.count("Traceback")) == (0 if answers else 1, 0)


@pytest.mark.postgres
@pytest.mark.skipif(not settings.REDIS_URL, reason="several processes meet in Redis")
def test_one_click_is_one_trace_through_processes_apart(tmp_path: Path, kept: Collector) -> None:
    with ExitStack() as stack:
        topology = Topology(tmp_path, stack, **told_to(kept.url))
        promote(topology.script())

    check_one_trace(kept, database="postgresql", worker="bookverse-board-worker")
    sent = kept.found(lambda span: span.name == "send releases.start_collection")
    collected = kept.found(lambda span: span.name == "releases.start_collection")
    assert {span.process for span in sent} == {"bookverse-board-beat"}
    assert {span.parent for span in collected} <= {span.span for span in sent}
