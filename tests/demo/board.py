"""A board on loopback that keeps every callback it gets and answers as it is told."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came in, and what it was answered."""

    authorization: str
    body: dict[str, Any]
    answered: int

    @property
    def is_last(self) -> bool:
        return self.body["status"] in ("succeeded", "failed")


class FakeBoard:
    """``answers`` are the statuses of the next requests; without one the answer is 200, or 503 while it refuses all."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: Queue[int] = Queue()
        self.refuse_all = False
        self._received: Queue[Received] = Queue()

    def take(self, authorization: str, body: dict[str, Any]) -> int:
        usual = 503 if self.refuse_all else 200
        status = usual if self.answers.empty() else self.answers.get_nowait()
        self._received.put(Received(authorization=authorization, body=body, answered=status))
        return status

    def next(self) -> Received:
        return self._received.get(timeout=PATIENCE_S)

    def until_last(self) -> list[Received]:
        """Collect up to the acknowledged callback that ends a deployment."""
        collected = [self.next()]
        while not (collected[-1].is_last and collected[-1].answered < 300):
            collected.append(self.next())
        return collected


@contextmanager
def fake_board() -> Iterator[FakeBoard]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(board.take(self.headers["authorization"], body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Keep the console quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    board = FakeBoard(f"http://127.0.0.1:{server.server_port}/api/v1/callbacks")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield board
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
