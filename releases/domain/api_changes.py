"""What changed between two OpenAPI documents of one service, endpoint by endpoint, whoever relies on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.openapi import Operation, normal, read
from releases.domain.openapi_diff import compare
from releases.domain.references import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.domain.openapi import Api
    from releases.domain.promises import Document, Method

    Endpoint = tuple[str, Method]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiChanges:
    """Clauses that each name their endpoint, ordered by its path: what breaks, what is new, what nobody analysed."""

    breaks: tuple[str, ...] = ()
    additions: tuple[str, ...] = ()
    unanalysed: tuple[str, ...] = ()


def api_changes(before: Document, after: Document) -> ApiChanges:
    """Compare every endpoint of both documents; one that cannot be read is not analysed, and never unchanged."""
    try:
        was, now = read(before), read(after)
    except Unreadable as error:
        return ApiChanges(unanalysed=(str(error),))
    earlier, later = dict(_endpoints(was)), dict(_endpoints(now))
    gone = [f"{_named(key, earlier[key])} is gone" for key in sorted(earlier.keys() - later.keys())]
    stayed = [(_named(key, later[key]), earlier[key], later[key]) for key in sorted(earlier.keys() & later.keys())]
    return ApiChanges(
        breaks=(*gone, *(clause for each in stayed for clause in _breaks(*each))),
        additions=tuple(_named(key, later[key]) for key in sorted(later.keys() - earlier.keys())),
        unanalysed=tuple(clause for each in stayed for clause in _unanalysed(*each)),
    )


def _endpoints(api: Api) -> Iterator[tuple[Endpoint, Operation | str]]:
    for path, methods in api.endpoints.items():
        for method, operation in methods.items():
            yield (path, method), operation


def _named(endpoint: Endpoint, operation: Operation | str) -> str:
    """Return for example ``GET /api/v1/books/{id}``, with the parameters as the document calls them."""
    path, method = endpoint
    if isinstance(operation, str):
        return f"{method} {path}"
    return f"{method} {path.removesuffix(normal(operation.template))}{operation.template}"


def _breaks(name: str, was: Operation | str, now: Operation | str) -> Iterator[str]:
    if not isinstance(was, str) and not isinstance(now, str):
        yield from (f"{name}: {text}" for text in compare(was, now).breaks)


def _unanalysed(name: str, was: Operation | str, now: Operation | str) -> Iterator[str]:
    unreadable = next((each for each in (was, now) if isinstance(each, str)), "")
    if unreadable:
        yield f"{name}: {unreadable}"
    elif not isinstance(was, str) and not isinstance(now, str):
        yield from (f"{name}: {text}" for text in compare(was, now).unanalysed)
