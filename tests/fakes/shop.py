"""A shop on loopback: books, stock and orders for validations, well behaved until the test says otherwise."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = tuple[int, Any]

SAFE_HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    method: str
    path: str
    key: str
    authorization: str


@dataclass
class Shop:
    """``answers`` replaces what is answered at ``METHOD /path``; below ``/<service>`` each service is the same shop."""

    url: str
    versions: dict[str, str] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=lambda: {"b-1": 5, "b-2": 9})
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: dict(SAFE_HEADERS))
    answers: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    price: int = 100
    surcharge: int = 0

    def take(self, call: Call, body: dict[str, Any]) -> Answer:
        self.calls.append(call)
        _, service, *rest = call.path.split("/")
        path = "/".join(("", *rest))
        if answer := self.answers.get(f"{call.method} {path}"):
            return answer()
        return self.tell(service, rest) if call.method == "GET" else self.change(call, rest, body)

    def tell(self, service: str, path: list[str]) -> Answer:
        match path:
            case ["health"]:
                return 200, {"status": "healthy", "version": self.versions[service]}
            case ["api", "v1", "books"]:
                return 200, {"books": [self.book(each) for each in self.stock]}
            case ["api", "v1", "books", book]:
                return 200, self.book(book)
            case ["api", "v1", "orders", order]:
                return 200, self.orders[order]
            case _:
                return 404, {"detail": "Nothing here."}

    def change(self, call: Call, path: list[str], body: dict[str, Any]) -> Answer:
        match path:
            case ["api", "v1", "orders"]:
                return 201, self.order(call.key, body)
            case ["api", "v1", "orders", order, "cancel"]:
                return 200, self.cancel(order)
            case _:
                return 404, {"detail": "Nothing here."}

    def book(self, book: str) -> dict[str, Any]:
        return {"id": book, "available": self.stock[book], "price_cents": self.price}

    def order(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        if key not in self.orders:
            for line in body["items"]:
                self.stock[line["book_id"]] -= line["quantity"]
            total = sum(line["quantity"] * self.price for line in body["items"]) + self.surcharge
            self.orders[key] = {
                "orderId": key,
                "user_id": body["user_id"],
                "items": body["items"],
                "total_cents": total,
            }
        return self.orders[key]

    def cancel(self, order: str) -> dict[str, Any]:
        for line in self.orders[order]["items"]:
            self.stock[line["book_id"]] += line["quantity"]
        return {**self.orders[order], "status": "cancelled"}


@contextmanager
def fake_shop(versions: dict[str, str]) -> Iterator[Shop]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "shop", ""

        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            self.answer(json.loads(self.rfile.read(int(self.headers["content-length"]))) if self.has_body() else {})

        def has_body(self) -> bool:
            return int(self.headers.get("content-length", "0")) > 0

        def answer(self, sent: dict[str, Any]) -> None:
            key, authorization = (self.headers.get(name, "") for name in ("idempotency-key", "authorization"))
            call = Call(method=self.command, path=self.path, key=key, authorization=authorization)
            status, document = shop.take(call, sent)
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {**shop.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Keep the console quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop = Shop(url=f"http://127.0.0.1:{server.server_port}", versions=dict(versions))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
