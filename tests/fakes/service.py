"""A service on loopback that keeps the orders it gets and answers as the test says."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PATIENCE_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One request as it came in."""

    path: str
    key: str
    content_type: str
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer; ``before`` runs in the service before it is sent, and None for the status hangs up without one."""

    status: int | None = 202
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[Order], object] | None = None


class FakeService:
    """Serves all services below one address; ``replies`` are the next answers, afterwards every order is accepted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.replies: Queue[Reply] = Queue()
        self.orders: Queue[Order] = Queue()
        self.truths: Queue[tuple[int, bytes]] = Queue()
        self.questions: Queue[str] = Queue()

    def answer(self, *statuses: int | None, **headers: str) -> None:
        """Answer the next orders with these statuses."""
        for status in statuses:
            self.replies.put(Reply(status=status, headers={name.replace("_", "-"): headers[name] for name in headers}))

    def tell(self, document: object, status: int = 200) -> None:
        """Answer the next question how far a deployment is; until then it is left without an answer."""
        self.truths.put((status, document if isinstance(document, bytes) else json.dumps(document).encode()))

    def taken(self) -> list[Order]:
        """Return the orders that came in since the last call, by path."""
        orders = [self.orders.get_nowait() for _ in range(self.orders.qsize())]
        return sorted(orders, key=lambda order: order.path)

    def next(self) -> Order:
        """Wait for an order."""
        return self.orders.get(timeout=PATIENCE_S)

    def take(self, order: Order) -> Reply:
        """Keep an order and choose its answer."""
        reply = Reply() if self.replies.empty() else self.replies.get_nowait()
        self.orders.put(order)
        if reply.before is not None:
            reply.before(order)
        return reply


@contextmanager
def fake_service() -> Iterator[FakeService]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            reply = service.take(
                Order(
                    path=self.path,
                    key=self.headers["idempotency-key"],
                    content_type=self.headers["content-type"],
                    body=json.loads(raw),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    raw=raw,
                )
            )
            if reply.status is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"content-length": "0", **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            service.questions.put(self.path)
            status, body = service.truths.get()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Keep the console quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service = FakeService(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
