"""The routes as the project itself has them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.urls import URLResolver, get_resolver

from releases.api.board_api import api
from releases.api.unknown_routes import router as unknown_routes
from releases.live.routing import websocket_urlpatterns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.urls import URLPattern

ADMINISTRATION = "admin/"
API = "api/v1/"


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Yield every address, as its pattern reads."""
    for entry in (resolver or get_resolver()).url_patterns:
        yield from _below(entry, prefix + str(entry.pattern))


def _below(entry: URLPattern | URLResolver, path: str) -> Iterator[str]:
    if isinstance(entry, URLResolver):
        yield from patterns(entry, path)
    else:
        yield path


@cache
def page_patterns() -> frozenset[str]:
    """Return all but the admin's and the API's operations."""
    return frozenset(path for path in patterns() if not path.startswith((ADMINISTRATION, API)))


@cache
def administration_patterns() -> tuple[str, ...]:
    return tuple(path for path in patterns() if path.startswith(ADMINISTRATION))


def operations() -> set[str]:
    """Return every method of every path of the API, as in ``GET api/v1/services``."""
    return {
        f"{method} api{prefix}{path}".replace("{", "<").replace("}", ">")
        for prefix, router in api._routers  # noqa: SLF001 (there is no public way to ask)
        if router is not unknown_routes
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }


def sockets() -> set[str]:
    return {str(entry.pattern) for entry in websocket_urlpatterns}
