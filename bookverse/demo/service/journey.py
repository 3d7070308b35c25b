"""What each service does for a reader of the shop: books, recommendations and the installed charts."""

import sqlite3
import zlib
from collections.abc import Callable

from bookverse.demo import fields
from bookverse.demo.exchange import Refusal, Request, Response, json_answer
from bookverse.demo.routing import Parameter, Route
from bookverse.demo.service.books import BOOKS, BY_ID, Book
from bookverse.demo.service.checkout import CheckoutJourney
from bookverse.demo.service.stock import Stock
from bookverse.demo.storage import transaction

_LARGEST = 1_000_000
_PAGE = 50


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
    service: str, connection: sqlite3.Connection, live: Callable[[], dict[str, str]], stock: Stock | None
) -> tuple[Route, ...]:
    """Return no routes for web: its journey is its page; ``stock`` is for checkout."""
    if service == "inventory":
        return InventoryJourney(connection).routes()
    if service == "recommendations":
        return RecommendationsJourney().routes()
    if service == "checkout":
        return CheckoutJourney(connection, stock).routes()
    if service == "helm":
        return HelmJourney(live).routes()
    return ()


def _book(book_id: str) -> Book:
    if book_id not in BY_ID:
        raise Refusal(404, "There is no such book.")
    return BY_ID[book_id]


def _score(user_id: str, book: Book) -> float:
    return zlib.crc32(f"{user_id}/{book.id}".encode()) % 1000 / 1000
