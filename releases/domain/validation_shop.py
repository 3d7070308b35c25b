"""Two scenarios that buy a book: the journey of a reader, and whether stock and total add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.validation import Outcome
from releases.domain.validation_exchange import Ask, Broken, at, put, read_json, whole_number

if TYPE_CHECKING:
    from collections.abc import Generator

    from releases.domain.validation_exchange import Answer, Record, Talk
    from releases.domain.validation_setup import Setup

LIST, STOCK, CART, ORDER, READ, CANCEL = (
    "List the books",
    "Check the stock",
    "Add to the cart",
    "Place an order",
    "Read the order",
    "Cancel the test order",
)
BEFORE, TOTAL, AFTER = "Stock before the order", "Total of the lines", "Stock after the order"
READER = "release-board"
_BOUGHT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    id: str
    stock: int
    price: int | None


def journey_steps(setup: Setup) -> tuple[str, ...]:
    second = CART if setup.paths.cart else STOCK
    return (LIST, second, ORDER, READ, *([CANCEL] if setup.paths.cancel else []))


def consistency_steps(setup: Setup) -> tuple[str, ...]:
    return (BEFORE, ORDER, TOTAL, AFTER, *([CANCEL] if setup.paths.cancel else []))


def journey(setup: Setup, record: Record) -> Talk:
    """Do what a reader does: look at the books, choose one that is there, order it, and find the order again."""
    with record.step(LIST):
        _configured(setup)
        book = yield from _choose(setup, record, quantity=1)
    with record.step(CART if setup.paths.cart else STOCK):
        yield from _reserve(setup, record, book)
    with record.step(ORDER):
        order = yield from _order(setup, record, book, quantity=1, key=f"{setup.key}-journey")
        record.say(observed=order)
    with record.step(READ):
        document = yield from _read(setup, record, order)
        _same("the order's id", order, str(at(document, setup.fields.order_id)))
        record.say("It is the order that was placed.", observed=order)
    yield from _cancel(setup, record, order)


def consistency(setup: Setup, record: Record) -> Talk:
    """Order twice under one key, and see that it counts once: in the order's total and in the stock."""
    with record.step(BEFORE):
        _configured(setup)
        book = yield from _choose(setup, record, quantity=_BOUGHT)
        before = yield from _stock(setup, record, book)
        record.say(observed=before)
    with record.step(ORDER):
        key = f"{setup.key}-consistency"
        order = yield from _order(setup, record, book, quantity=_BOUGHT, key=key)
        again = yield from _order(setup, record, book, quantity=_BOUGHT, key=key)
        _same("the order under the same Idempotency-Key", order, again)
        record.say("The same Idempotency-Key gave the same order.", observed=order)
    with record.step(TOTAL, stops=False):
        document = yield from _read(setup, record, order)
        _check_total(setup, record, document, book)
    with record.step(AFTER, stops=False):
        after = yield from _stock(setup, record, book)
        _same("the stock", before - _BOUGHT, after)
        record.say(f"{_BOUGHT} copies fewer.", expected=before - _BOUGHT, observed=after)
    yield from _cancel(setup, record, order)


def _configured(setup: Setup) -> None:
    missing = [name for name, url in (("catalog", setup.catalog_url), ("orders", setup.orders_url)) if not url]
    if missing:
        message = f"No address of {' and '.join(missing)} is configured."
        raise Broken(message, outcome=Outcome.NOT_CONFIGURED)


def _same(what: str, expected: object, observed: object) -> None:
    if expected != observed:
        raise Broken(f"Not what was expected of {what}.", expected=expected, observed=observed)


def _choose(setup: Setup, record: Record, *, quantity: int) -> Generator[Ask, Answer, _Book]:
    """Take the book with the most copies; an empty catalogue is a finding of its own."""
    answer = yield from record.ask_well(Ask(url=setup.url(setup.catalog_url, setup.paths.books)))
    books = at(read_json(answer), setup.fields.books)
    if not isinstance(books, list):
        raise Broken("The books are not a list.", expected="a list", observed=type(books).__name__)
    if not books:
        raise Broken(
            "The catalogue is empty: there is no book to order.", expected="at least one book", observed="none"
        )
    found = max((_book(setup, each) for each in books), key=lambda book: (book.stock, book.id))
    if found.stock < quantity:
        raise Broken("No book is in stock.", expected=f"{quantity} of one book", observed=found.stock)
    record.say(f"{len(books)} books; {found.id} has the most copies.", observed=found.stock)
    return found


def _book(setup: Setup, document: object) -> _Book:
    return _Book(
        id=str(at(document, setup.fields.book_id)),
        stock=whole_number(document, setup.fields.stock),
        price=whole_number(document, setup.fields.price) if setup.fields.price else None,
    )


def _reserve(setup: Setup, record: Record, book: _Book) -> Talk:
    if setup.paths.cart:
        body = put(setup.fields.user, READER) | _line(setup, book, 1)
        yield from record.ask_well(Ask(method="POST", url=setup.url(setup.orders_url, setup.paths.cart), body=body))
        record.say("One copy is in the cart.", observed=book.id)
        return
    stock = yield from _stock(setup, record, book)
    if stock < 1:
        raise Broken(f"{book.id} is out of stock.", expected="at least 1", observed=stock)
    record.say(observed=stock, expected="at least 1")


def _stock(setup: Setup, record: Record, book: _Book) -> Generator[Ask, Answer, int]:
    answer = yield from record.ask_well(Ask(url=setup.url(setup.catalog_url, setup.paths.stock, book.id)))
    return whole_number(read_json(answer), setup.fields.stock)


def _line(setup: Setup, book: _Book, quantity: int) -> dict[str, object]:
    return put(setup.fields.line_book, book.id) | put(setup.fields.line_quantity, quantity)


def _order(setup: Setup, record: Record, book: _Book, *, quantity: int, key: str) -> Generator[Ask, Answer, str]:
    body = put(setup.fields.user, READER) | put(setup.fields.items, [_line(setup, book, quantity)])
    url = setup.url(setup.orders_url, setup.paths.orders)
    answer = yield from record.ask_well(Ask(method="POST", url=url, body=body, key=key))
    order = str(at(read_json(answer), setup.fields.order_id))
    if not order or order == str(None):
        raise Broken("The order has no id.", expected=setup.fields.order_id, observed=order)
    return order


def _read(setup: Setup, record: Record, order: str) -> Generator[Ask, Answer, object]:
    answer = yield from record.ask_well(Ask(url=setup.url(setup.orders_url, setup.paths.order, order)))
    return read_json(answer)


def _check_total(setup: Setup, record: Record, document: object, book: _Book) -> None:
    if not setup.fields.price or not setup.fields.total or book.price is None:
        raise Broken("No field of the price or of the total is configured.", outcome=Outcome.NOT_CONFIGURED)
    lines = at(document, setup.fields.items)
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines):
        raise Broken("The order has no list of lines.", expected="a list", observed=type(lines).__name__)
    foreign = [line for line in lines if str(at(line, setup.fields.line_book)) != book.id]
    if foreign:
        raise Broken("The order has lines that nobody ordered.", expected=book.id, observed=foreign)
    expected = sum(book.price * whole_number(line, setup.fields.line_quantity) for line in lines)
    _same("the total of the lines", _BOUGHT * book.price, expected)
    _same("the order's total", expected, whole_number(document, setup.fields.total))
    record.say("The total is the sum of the lines.", expected=expected, observed=expected)


def _cancel(setup: Setup, record: Record, order: str) -> Talk:
    if not setup.paths.cancel:
        return
    with record.step(CANCEL, stops=False):
        yield from record.ask_well(Ask(method="POST", url=setup.url(setup.orders_url, setup.paths.cancel, order)))
        record.say("The copies are back.")
