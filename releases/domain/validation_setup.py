"""What a validation asks, and of whom: one stage's addresses, paths and names of fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from releases.domain.errors import InvalidInput

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_REQUESTS = 200
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where the shop answers, below its services' addresses; ``{id}`` and ``{stage}`` are filled in.

    Without ``cart`` the second step of the journey looks at the stock. With ``cancel`` a test order is taken back.
    """

    books: str = "/api/v1/books"
    stock: str = "/api/v1/books/{id}"
    cart: str = ""
    orders: str = "/api/v1/orders"
    order: str = "/api/v1/orders/{id}"
    cancel: str = ""
    health: str = "/health"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What the shop calls things in its answers and requests; a dot leads into an object, empty means the whole."""

    books: str = "books"
    book_id: str = "id"
    stock: str = "available"
    price: str = "price_cents"
    order_id: str = "orderId"
    user: str = "user_id"
    items: str = "items"
    line_book: str = "book_id"
    line_quantity: str = "quantity"
    total: str = "total_cents"
    version: str = "version"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedService:
    """``url`` is its base address without a closing slash, empty where none is known; ``version`` is expected there."""

    slug: str
    version: str
    url: str
    application_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSet:
    """What the release's manifest holds; ``is_intact`` is whether it still is what was written."""

    services: tuple[DeployedService, ...] = ()
    is_intact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """AppTrust's version of the release as a whole, and where it tells what that is made of; or why it is not asked."""

    name: str = ""
    url: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedPath:
    """Something that must not be answered without a token."""

    service: str
    method: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The p95 of the last released version in this stage."""

    p95_ms: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything that the scenarios of one run go by; ``key`` makes its orders its own."""

    key: str
    stage: str
    catalog_url: str
    orders_url: str
    services: tuple[DeployedService, ...] = ()
    protected: tuple[ProtectedPath, ...] = ()
    paths: Paths = field(default_factory=Paths)
    fields: Fields = field(default_factory=Fields)
    requests: int = 20
    slower_percent: int = 50
    slack_ms: int = 25
    baseline: Baseline | None = None
    sealed: SealedSet = field(default_factory=SealedSet)
    recorded: Recorded = field(default_factory=Recorded)

    def url(self, base: str, path: str, thing: str = "") -> str:
        """Fill in a path; what is filled in cannot lead elsewhere."""
        return base + path.replace("{stage}", quote(self.stage, safe="")).replace("{id}", quote(thing, safe=""))

    def base_of(self, slug: str) -> str:
        return next((service.url for service in self.services if service.slug == slug), "")


Names = TypeVar("Names", Paths, Fields)


def read_paths(document: object) -> Paths:
    """Read the paths that differ from the usual ones; ``InvalidInput`` names what is wrong."""
    paths = _read("paths", document, Paths)
    for name, path in _pairs(paths):
        if path and (not path.startswith("/") or path.startswith("//")):
            message = f"{name} must begin with one slash, as /api/v1/books does."
            raise InvalidInput("paths", message)
    return paths


def read_fields(document: object) -> Fields:
    """Read the names of fields that differ from the usual ones; ``InvalidInput`` names what is wrong."""
    return _read("fields", document, Fields)


def _read(place: str, document: object, kind: type[Names]) -> Names:
    known = [each.name for each in fields(kind)]
    if not isinstance(document, Mapping):
        message = "Give an object of names and texts."
        raise InvalidInput(place, message)
    for name, value in document.items():
        if name not in known:
            message = f"There is no {str(name)[:40]}; known are {', '.join(known)}."
            raise InvalidInput(place, message)
        if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value:
            message = f"{name} must be a text of at most {_LONGEST} characters."
            raise InvalidInput(place, message)
    return kind(**document)


def _pairs(names: DataclassInstance) -> list[tuple[str, str]]:
    return [(each.name, str(getattr(names, each.name))) for each in fields(names)]


def read_protected(text: str) -> tuple[ProtectedPath, ...]:
    """Read one path a line, such as ``checkout GET /api/v1/orders``; ``InvalidInput`` names the line."""
    return tuple(_protected(line) for line in text.splitlines() if line.strip())


def _protected(line: str) -> ProtectedPath:
    match line.split():
        case [service, ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD") as method, path] if path.startswith("/"):
            return ProtectedPath(service=service, method=method, path=path)
        case _:
            message = f"“{line.strip()[:80]}” should read like “checkout GET /api/v1/orders”."
            raise InvalidInput("protected", message)
