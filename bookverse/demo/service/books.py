"""The books that the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """``stock`` is how many copies there are at first."""

    id: str
    title: str
    author: str
    price_cents: int
    stock: int


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
BY_ID = {book.id: book for book in BOOKS}
