"""A refusal becomes an answer here and nowhere else: a fragment for htmx, a page for everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import DataError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render

from releases.domain.errors import (
    Conflict,
    GateRefused,
    InvalidInput,
    NotFound,
    PermissionRefused,
    ReleaseError,
    VerdictRefused,
)
from releases.domain.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

_STATUS: tuple[tuple[type[ReleaseError], int, str], ...] = (
    (InvalidInput, 422, "Something is missing or wrong"),
    (NotFound, 404, "Not found"),
    (PermissionRefused, 403, "You may not do this"),
    (GateRefused, 409, "A gate is closed"),
    (VerdictRefused, 409, "The verdict says no"),
    (Conflict, 409, "This is not possible now"),
    (ReleaseError, 409, "This was refused"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the page shows of a refusal."""

    title: str
    message: str
    reasons: tuple[Reason, ...]


class RefusalMiddleware:
    """Answers a ``ReleaseError`` that a page's view let through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Answer a refusal with its status, and the database's own with 422 or 503; anything else is not ours."""
        if isinstance(failure, OperationalError):
            return _database_away()
        if isinstance(failure, DataError):
            failure = InvalidInput("request", "The address or the form holds characters that cannot be stored.")
        if not isinstance(failure, ReleaseError):
            return None
        status, title = next((status, title) for kind, status, title in _STATUS if isinstance(failure, kind))
        reasons = tuple(reason for reason in getattr(failure, "reasons", ()) if isinstance(reason, Reason))
        refusal = Refusal(title=title, message=failure.message, reasons=reasons)
        page = "releases/refusal.html#block" if request.headers.get("HX-Request") else "releases/refusal.html"
        return render(request, page, {"refusal": refusal}, status=status)


def _database_away() -> HttpResponse:
    # In plain words: the frame of a page asks the database who is looking.
    words = "The database does not answer. Nothing was changed; try again in a moment.\n"
    return HttpResponse(words, status=503, content_type="text/plain", headers={"Retry-After": "5"})
