"""What each service does for a reader of the shop: books, recommendations, orders and the installed charts."""

import json
import sqlite3
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from bookverse.demo import fields
from bookverse.demo.exchange import Refusal, Request, Response, json_answer, malformed
from bookverse.demo.routing import Parameter, Route
from bookverse.demo.storage import transaction

_LARGEST = 1_000_000
_MOST_ITEMS = 50
_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    id: str
    title: str
    author: str
    price_cents: int
    stock: int


class OrderLine(TypedDict):
    book_id: str
    quantity: int


BOOKS = (
    Book(id="b-001", title="Middlemarch", author="George Eliot", price_cents=1490, stock=24),
    Book(id="b-002", title="Frankenstein", author="Mary Shelley", price_cents=890, stock=41),
    Book(id="b-003", title="The Time Machine", author="H. G. Wells", price_cents=790, stock=33),
    Book(id="b-004", title="Persuasion", author="Jane Austen", price_cents=990, stock=18),
    Book(id="b-005", title="Moby-Dick", author="Herman Melville", price_cents=1390, stock=12),
    Book(id="b-006", title="Walden", author="Henry David Thoreau", price_cents=1090, stock=27),
    Book(id="b-007", title="Flatland", author="Edwin A. Abbott", price_cents=690, stock=52),
    Book(id="b-008", title="The Moonstone", author="Wilkie Collins", price_cents=1190, stock=15),
)
_BY_ID = {book.id: book for book in BOOKS}


def seed_stock(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        rows = [(book.id, book.stock) for book in BOOKS]
        connection.executemany("INSERT OR IGNORE INTO stock VALUES (?, ?)", rows)


class InventoryJourney:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        seed_stock(connection)

    def routes(self) -> tuple[Route, ...]:
        page = (Parameter(name="limit", type="integer"), Parameter(name="offset", type="integer"))
        return (
            Route(
                method="GET",
                path="/api/v1/books",
                handle=self.books,
                summary="List the books",
                parameters=page,
                gives="BookPage",
                refuses=(422,),
            ),
            Route(
                method="GET",
                path="/api/v1/books/{id}",
                handle=self.book,
                summary="Show one book",
                gives="Book",
                refuses=(404,),
            ),
            Route(
                method="POST",
                path="/api/v1/inventory/{id}/adjust",
                handle=self.adjust,
                summary="Add copies to the stock, or take them from it",
                takes="Adjustment",
                gives="Stock",
                refuses=(404, 409, 422),
            ),
        )

    def books(self, request: Request) -> Response:
        limit = fields.whole(request.query, "limit", low=1, high=_PAGE, default=_PAGE)
        offset = fields.whole(request.query, "offset", low=0, high=_LARGEST, default=0)
        shown = [self._view(book) for book in BOOKS[offset : offset + limit]]
        return json_answer({"books": shown, "total": len(BOOKS), "limit": limit, "offset": offset})

    def book(self, request: Request) -> Response:
        return json_answer(self._view(_book(request.parameters["id"])))

    def adjust(self, request: Request) -> Response:
        book = _book(request.parameters["id"])
        change = fields.whole(request.json(), "quantity", low=-_LARGEST, high=_LARGEST)
        with transaction(self._connection):
            available = self._available(book.id) + change
            if not 0 <= available <= _LARGEST:
                raise Refusal(409, f"{book.title} has {self._available(book.id)} copies in stock.")
            self._connection.execute("UPDATE stock SET available = ? WHERE book_id = ?", (available, book.id))
        return json_answer({"id": book.id, "available": available})

    def _available(self, book_id: str) -> int:
        row = self._connection.execute("SELECT available FROM stock WHERE book_id = ?", (book_id,)).fetchone()
        return int(row["available"])

    def _view(self, book: Book) -> dict[str, object]:
        available = self._available(book.id)
        return {
            "id": book.id,
            "title": book.title,
            "author": book.author,
            "price_cents": book.price_cents,
            "available": available,
        }


class RecommendationsJourney:
    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="GET",
                path="/api/v1/recommendations",
                handle=self.recommendations,
                summary="Recommend books to one reader",
                parameters=(Parameter(name="user_id", required=True), Parameter(name="limit", type="integer")),
                gives="Recommendations",
                refuses=(422,),
            ),
        )

    def recommendations(self, request: Request) -> Response:
        """Answer the same order for the same reader each time."""
        user_id = fields.text(request.query, "user_id", limit=64)
        limit = fields.whole(request.query, "limit", low=1, high=_PAGE, default=3)
        scored = sorted(((_score(user_id, book), book) for book in BOOKS), key=lambda pair: (-pair[0], pair[1].id))
        shown = [{"book_id": book.id, "title": book.title, "score": score} for score, book in scored[:limit]]
        return json_answer({"user_id": user_id, "recommendations": shown})


class CheckoutJourney:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                path="/api/v1/orders",
                handle=self.place,
                summary="Place an order",
                parameters=(Parameter(name="Idempotency-Key", place="header"),),
                takes="NewOrder",
                gives="Order",
                status=201,
                refuses=(409, 422),
            ),
            Route(
                method="GET",
                path="/api/v1/orders/{orderId}",
                handle=self.order,
                summary="Show one order",
                gives="Order",
                refuses=(404,),
            ),
        )

    def place(self, request: Request) -> Response:
        """Answer a repeated key as the first time; 409 where the same key comes with another order."""
        key = fields.optional_text(request.headers, "idempotency-key", limit=128)
        asked = _asked_order(request.json())
        with transaction(self._connection):
            known = self._connection.execute("SELECT * FROM orders WHERE key = ?", (key or None,)).fetchone()
            body = _repeated(known, asked) if known else self._insert(key, asked)
        return json_answer(body, status=201)

    def _insert(self, key: str, asked: dict[str, object]) -> dict[str, object]:
        body = {"orderId": str(uuid.uuid4()), "status": "confirmed", **asked}
        row = (body["orderId"], key or None, json.dumps(asked), json.dumps(body))
        self._connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", row)
        return body

    def order(self, request: Request) -> Response:
        order_id = request.parameters["orderId"]
        row = self._connection.execute("SELECT body FROM orders WHERE id = ?", (order_id,)).fetchone()
        if row is None:
            raise Refusal(404, "There is no such order.")
        return json_answer(json.loads(row["body"]))


class HelmJourney:
    def __init__(self, live: Callable[[], dict[str, str]]) -> None:
        self._live = live

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="GET",
                path="/api/v1/releases",
                handle=self.releases,
                summary="List the installed charts",
                gives="ChartReleases",
            ),
        )

    def releases(self, request: Request) -> Response:
        del request
        charts = [{"stage": stage, "chart": "bookverse", "version": version} for stage, version in self._live().items()]
        return json_answer({"releases": charts})


def journey_routes(
    service: str, connection: sqlite3.Connection, live: Callable[[], dict[str, str]]
) -> tuple[Route, ...]:
    """Return no routes for web: its journey is its page."""
    if service == "inventory":
        return InventoryJourney(connection).routes()
    if service == "recommendations":
        return RecommendationsJourney().routes()
    if service == "checkout":
        return CheckoutJourney(connection).routes()
    if service == "helm":
        return HelmJourney(live).routes()
    return ()


def _book(book_id: str) -> Book:
    if book_id not in _BY_ID:
        raise Refusal(404, "There is no such book.")
    return _BY_ID[book_id]


def _score(user_id: str, book: Book) -> float:
    return zlib.crc32(f"{user_id}/{book.id}".encode()) % 1000 / 1000


def _asked_order(source: dict[str, object]) -> dict[str, object]:
    items = source.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= _MOST_ITEMS:
        raise malformed("items", f"items must be a list of 1 to {_MOST_ITEMS} items.")
    lines = [_line(item) for item in items]
    total = sum(_BY_ID[line["book_id"]].price_cents * line["quantity"] for line in lines)
    return {"user_id": fields.text(source, "user_id", limit=64), "items": lines, "total_cents": total}


def _line(item: object) -> OrderLine:
    if not isinstance(item, dict):
        why = "Each item must be an object with book_id and quantity."
        raise malformed("items", why)
    book_id = fields.text(item, "book_id", limit=64)
    if book_id not in _BY_ID:
        raise malformed("book_id", f"There is no book {book_id}.")
    return {"book_id": book_id, "quantity": fields.whole(item, "quantity", low=1, high=100)}


def _repeated(known: sqlite3.Row, asked: dict[str, object]) -> dict[str, object]:
    if json.loads(known["request"]) != asked:
        raise Refusal(409, "This Idempotency-Key was used for another order.")
    body: dict[str, object] = json.loads(known["body"])
    return body
