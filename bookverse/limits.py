"""What is turned away unread: too much at once, and too large."""

from __future__ import annotations

import hashlib
import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse

from bookverse.addresses import client_address
from bookverse.rates import Rate, buckets
from releases.api.problems import TooLarge, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest

API = "/api/"
CALLBACKS = ("/api/v1/callbacks", "/api/v1/builds/callbacks")
PROBES = frozenset({"/healthz", "/readyz"})
SIGN_IN = "/login/"
# For all names together: who tries one password with many names never fails eight times with one of them.
SIGN_INS = Rate(requests=60, seconds=15 * 60)
SSO_START = "/sso/start"
# Each asks the provider and keeps a session; a whole office may come from one address in the morning.
SSO_STARTS = Rate(requests=60, seconds=60)
MEBIBYTE = 1024 * 1024
# What a form says beside the file of 1 MiB that it uploads.
ROOM_FOR_FIELDS = 64 * 1024


class LimitMiddleware:
    """Answers 429 to who comes too often and 413 to what is too large, before anybody asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what is within the limits."""
        return _too_often(request) or _too_large(request) or self.get_response(request)


def _too_often(request: HttpRequest) -> HttpResponse | None:
    if not settings.RATE_LIMIT or request.path in PROBES:
        return None
    waits = [buckets().wait_s(caller, rate) for caller, rate in _callers(request)]
    return _come_again(request, max(1, math.ceil(max(waits)))) if any(waits) else None


def _callers(request: HttpRequest) -> Iterator[tuple[str, Rate]]:
    address = client_address(request)
    # Always by the address: whoever made up another token each time would have a bucket each time.
    yield f"address:{address}", Rate(requests=settings.RATE_LIMIT, seconds=1)
    if request.path in CALLBACKS:
        yield f"callback:{_print(request)}", Rate(requests=settings.CALLBACK_RATE_LIMIT, seconds=1)
    if request.path == SIGN_IN and request.method == "POST":
        yield f"sign in:{address}", SIGN_INS
    if request.path == SSO_START:
        yield f"single sign-on:{address}", SSO_STARTS


def _print(request: HttpRequest) -> str:
    """Name a token without keeping it."""
    return hashlib.sha256(request.headers.get("Authorization", "").encode()).hexdigest()[:32]


def _come_again(request: HttpRequest, seconds: int) -> HttpResponse:
    again = f"Come again in {seconds} second{'' if seconds == 1 else 's'}."
    detail = f"That is more than the board takes from one caller at a time. {again}"
    response = _answer(request.path, HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", detail)
    response["Retry-After"] = str(seconds)
    return response


def _too_large(request: HttpRequest) -> HttpResponse | None:
    said = request.META.get("CONTENT_LENGTH") or "0"
    room = ROOM_FOR_FIELDS if request.content_type == "multipart/form-data" else 0
    return too_large(request.path) if said.isdigit() and int(said) > MEBIBYTE + room else None


def too_large(path: str) -> HttpResponse:
    """Refuse a body and name the limit."""
    detail = "The body is over 1 MiB, which is the limit of every request; that of a callback is 64 KiB."
    return _answer(path, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TooLarge.code, detail)


def _answer(path: str, status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    if path.startswith(API):
        return problem(status, code, detail)
    # In plain words: a page's frame would ask the database who is looking.
    return HttpResponse(f"{detail}\n", status=status, content_type="text/plain; charset=utf-8")
