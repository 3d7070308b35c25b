"""What surrounds every request."""

from __future__ import annotations

import re
from inspect import iscoroutinefunction
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.utils.decorators import sync_and_async_middleware
from structlog.contextvars import bound_contextvars

from bookverse.logs import REQUEST_KEY
from releases.metrics import LATENCY, REQUESTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HEADER = "X-Request-ID"
_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")


@sync_and_async_middleware
def identified(
    get_response: Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Name the request, as a proxy in front already did or anew: in each line that is logged, and in the answer."""

    async def identify_async(request: HttpRequest) -> HttpResponseBase:
        with bound_contextvars(request_id=(name := _name_of(request))):
            response: HttpResponseBase = await get_response(request)  # type: ignore[misc] # it is one of the two
        response.headers[HEADER] = name
        return response

    def identify(request: HttpRequest) -> HttpResponseBase:
        with bound_contextvars(request_id=(name := _name_of(request))):
            response: HttpResponseBase = get_response(request)  # type: ignore[assignment] # it is one of the two
        response.headers[HEADER] = name
        return response

    return identify_async if iscoroutinefunction(get_response) else identify


def _name_of(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "")
    # What somebody else wrote stands in every line: nothing but a name may.
    name: str = given if _ID.fullmatch(given) else uuid4().hex
    request.META[REQUEST_KEY] = name
    return name


@sync_and_async_middleware
def measured(
    get_response: Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Count every answer and how long it took to begin, by the route and never by the address."""

    async def measure_async(request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response: HttpResponseBase = await get_response(request)  # type: ignore[misc] # it is one of the two
        _count(request, response, perf_counter() - began)
        return response

    def measure(request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response: HttpResponseBase = get_response(request)  # type: ignore[assignment] # it is one of the two
        _count(request, response, perf_counter() - began)
        return response

    return measure_async if iscoroutinefunction(get_response) else measure


def _count(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    method, route = request.method or "", route_of(request)
    REQUESTS.labels(method if method in METHODS else "other", route, str(response.status_code)).inc()
    LATENCY.labels(route).observe(seconds)


def route_of(request: HttpRequest) -> str:
    """Return the pattern that answered; anybody can ask for any address, so there is no end of those."""
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    return settings.STATIC_URL if request.path.startswith(settings.STATIC_URL) else "unknown"
