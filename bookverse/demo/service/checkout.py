"""Orders: placed once for each key, paid by copies from the stock of inventory, and cancelled again."""

import asyncio
import json
import sqlite3
import uuid

from bookverse.demo import fields
from bookverse.demo.addresses import DEMO_TOKEN
from bookverse.demo.exchange import Refusal, Request, Response, json_answer, malformed
from bookverse.demo.routing import Parameter, Route
from bookverse.demo.service.books import BY_ID
from bookverse.demo.service.stock import OrderLine, Stock
from bookverse.demo.storage import transaction

_MOST_ITEMS = 50
_PAGE = 50


class CheckoutJourney:
    """Without a ``stock``, as where checkout runs alone, orders take no copies."""

    def __init__(self, connection: sqlite3.Connection, stock: Stock | None) -> None:
        self._connection = connection
        self._stock = stock
        # While one order waits for inventory, another with its key must not overtake it.
        self._turn = asyncio.Lock()

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
                refuses=(409, 422, 503),
            ),
            Route(
                method="GET",
                path="/api/v1/orders/{orderId}",
                handle=self.order,
                summary="Show one order",
                gives="Order",
                refuses=(404,),
            ),
            *self._further_routes(),
        )

    def _further_routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="GET",
                path="/api/v1/orders",
                handle=self.orders,
                summary="List the newest orders, for the staff of the shop",
                parameters=(Parameter(name="Authorization", place="header"),),
                gives="OrderPage",
                refuses=(401,),
            ),
            Route(
                method="POST",
                path="/api/v1/orders/{orderId}/cancel",
                handle=self.cancel,
                summary="Cancel an order and give its copies back",
                gives="CancelledOrder",
                refuses=(404, 503),
            ),
        )

    async def place(self, request: Request) -> Response:
        """Answer a repeated key as the first time; 409 where the same key comes with another order."""
        key = fields.optional_text(request.headers, "idempotency-key", limit=128)
        asked = _asked_lines(request.json())
        user_id = fields.text(request.json(), "user_id", limit=64)
        order = {"user_id": user_id, "items": asked, "total_cents": _total(asked)}
        async with self._turn:
            known = self._connection.execute("SELECT * FROM orders WHERE key = ?", (key or None,)).fetchone()
            if known:
                return json_answer(_repeated(known, order), status=201)
            if self._stock:
                await self._stock.take(asked)
            return json_answer(self._insert(key, order), status=201)

    def _insert(self, key: str, order: dict[str, object]) -> dict[str, object]:
        body = {"orderId": str(uuid.uuid4()), "status": "confirmed", **order}
        row = (body["orderId"], key or None, json.dumps(order), json.dumps(body))
        with transaction(self._connection):
            self._connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", row)
        return body

    def orders(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {DEMO_TOKEN}":
            raise Refusal(401, "The list of all orders needs a token.", headers={"www-authenticate": "Bearer"})
        rows = self._connection.execute("SELECT body FROM orders ORDER BY rowid DESC LIMIT ?", (_PAGE,))
        return json_answer({"orders": [json.loads(row["body"]) for row in rows]})

    def order(self, request: Request) -> Response:
        return json_answer(self._order(request.parameters["orderId"]))

    def _order(self, order_id: str) -> dict[str, object]:
        row = self._connection.execute("SELECT body FROM orders WHERE id = ?", (order_id,)).fetchone()
        if row is None:
            raise Refusal(404, "There is no such order.")
        body: dict[str, object] = json.loads(row["body"])
        return body

    async def cancel(self, request: Request) -> Response:
        order_id = request.parameters["orderId"]
        async with self._turn:
            order = self._order(order_id)
            if self._stock:
                await self._stock.give_back(_asked_lines(order))
            with transaction(self._connection):
                self._connection.execute("DELETE FROM orders WHERE id = ?", (order_id,))
        return json_answer({"orderId": order_id, "status": "cancelled"})


def _asked_lines(source: dict[str, object]) -> list[OrderLine]:
    items = source.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= _MOST_ITEMS:
        raise malformed("items", f"items must be a list of 1 to {_MOST_ITEMS} items.")
    return [_line(item) for item in items]


def _total(lines: list[OrderLine]) -> int:
    return sum(BY_ID[line["book_id"]].price_cents * line["quantity"] for line in lines)


def _line(item: object) -> OrderLine:
    if not isinstance(item, dict):
        why = "Each item must be an object with book_id and quantity."
        raise malformed("items", why)
    book_id = fields.text(item, "book_id", limit=64)
    if book_id not in BY_ID:
        raise malformed("book_id", f"There is no book {book_id}.")
    return {"book_id": book_id, "quantity": fields.whole(item, "quantity", low=1, high=100)}


def _repeated(known: sqlite3.Row, order: dict[str, object]) -> dict[str, object]:
    if json.loads(known["request"]) != order:
        raise Refusal(409, "This Idempotency-Key was used for another order.")
    body: dict[str, object] = json.loads(known["body"])
    return body
