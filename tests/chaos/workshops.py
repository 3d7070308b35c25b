"""The services of a board behind one address, in this process: they take orders as the real ones do and keep them in
the same files, but each step of their work is done by hand.
"""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

from bookverse.demo.service.behaviour import Behaviour, Mode
from bookverse.demo.service.deployments import DeploymentStore, OpenCallback
from bookverse.demo.service.orders import read_order
from bookverse.demo.service.schema import SCHEMA
from bookverse.demo.storage import open_database
from tests.chaos.records import OrderRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.chaos.records import Recorder

_DEPLOYMENTS = re.compile(r"/([a-z]+)/deployments")
_DEPLOYMENT = re.compile(r"/([a-z]+)/deployments/([0-9a-f-]+)")


class Workshops:
    """``while_asked`` holds what a service does before it answers its next order."""

    def __init__(self, folder: Path, server: HTTPServer, recorder: Recorder, services: tuple[str, ...]) -> None:
        self.url = server.url_for("").rstrip("/")
        self.tokens: set[str] = set()
        self.while_asked: dict[str, Callable[[], object]] = {}
        self._recorder = recorder
        self._lock = Lock()
        self._stores = {service: _store(folder, service) for service in services}
        server.expect_request(_DEPLOYMENTS, method="POST").respond_with_handler(self._take)
        server.expect_request(_DEPLOYMENT, method="GET").respond_with_handler(self._tell)

    def close(self) -> None:
        for store in self._stores.values():
            store.connection.close()

    def treat_next(self, service: str, mode: Mode) -> None:
        """Treat the next deployment of a service this way."""
        with self._lock:
            self._stores[service].change_behaviour(Behaviour(mode=mode, duration_ms=0, times=1))

    def work(self, service: str) -> None:
        """Carry every deployment of a service to its end; what it has to say is then waiting."""
        with self._lock:
            store = self._stores[service]
            for key in store.unfinished():
                while store.get(key).next_step is not None:
                    store.advance(key)

    def waiting(self, service: str) -> list[OpenCallback]:
        """Return the next callback of each deployment that the board has not acknowledged."""
        with self._lock:
            store = self._stores[service]
            found = [store.open_callback(key) for key in store.unfinished()]
            return [callback for callback in found if callback is not None]

    def unheard(self, service: str) -> int:
        """Count the callbacks that the board has not acknowledged."""
        with self._lock:
            connection = self._stores[service].connection
            count: int = connection.execute("SELECT count(*) FROM callbacks WHERE outcome = ''").fetchone()[0]
            return count

    def contradict(self, service: str) -> None:
        """Let a service whose last deployment is over report another result of it."""
        with self._lock:
            connection = self._stores[service].connection
            last = connection.execute("SELECT key, body, sequence FROM callbacks ORDER BY rowid DESC LIMIT 1")
            for key, body, sequence in last.fetchall():
                connection.execute(
                    "INSERT INTO callbacks (key, sequence, body, due_at) VALUES (?, ?, ?, 0)",
                    (key, sequence + 1, json.dumps(_contradicted(json.loads(body)))),
                )

    def close_callback(self, service: str, callback: OpenCallback, outcome: str) -> None:
        with self._lock:
            self._stores[service].close_callback(callback, outcome)

    def _take(self, request: Request) -> Response:
        service, key, document = request.path.split("/")[1], request.headers["Idempotency-Key"], request.get_json()
        with self._lock:
            self._stores[service].take(key, read_order(document, service=service))
        self.tokens.add(document["callback_token"])
        self._recorder.write(_record(service, key, document))
        self.while_asked.pop(service, _nothing)()
        return Response(status=HTTPStatus.ACCEPTED, headers={"Location": f"{request.path}/{key}"})

    def _tell(self, request: Request) -> Response:
        _, service, _, key = request.path.split("/")
        with self._lock:
            found = self._stores[service].get(key)
        document = {"state": found.state, "percent": found.percent, "message": found.message}
        return Response(json.dumps(document), content_type="application/json")


def _store(folder: Path, service: str) -> DeploymentStore:
    connection = open_database(folder / f"{service}.sqlite3", SCHEMA)
    connection.execute("PRAGMA synchronous = OFF")  # nobody's machine dies here
    store = DeploymentStore(connection, service=service, clock=time.time)
    store.change_behaviour(Behaviour(duration_ms=0))
    return store


def _record(service: str, key: str, document: Mapping[str, Any]) -> OrderRecord:
    return OrderRecord(
        service=service,
        key=key,
        correlation_id=document["correlation_id"],
        attempt=document["attempt"],
        stage=document["stage"],
        to_version=document["to_version"],
        answer_status=HTTPStatus.ACCEPTED,
    )


def _contradicted(said: Mapping[str, Any]) -> dict[str, Any]:
    other = "failed" if said["status"] == "succeeded" else "succeeded"
    return {**said, "status": other, "sequence": said["sequence"] + 1, "message": "on second thoughts"}


def _nothing() -> None:
    pass
