"""What every view does first: who is asking, and what they sent with every form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect

from releases.domain.access import Actor, Permission, require
from releases.domain.errors import InvalidInput
from releases.queries.access import actor_of

if TYPE_CHECKING:
    from django.http import HttpRequest

MAXIMUM_KEY = 128
MAXIMUM_REASON = 300
MAXIMUM_VERSION = 128


def actor(request: HttpRequest, permission: Permission = Permission.VIEW) -> Actor:
    """Return who is asking, refused unless they have the permission."""
    found = actor_of(request.user)
    require(found, permission)
    return found


def form_key(request: HttpRequest) -> str:
    """Return the form's idempotency key; without script or key a repeated click is told by the state alone."""
    return str(request.POST.get("idempotency_key", ""))[:MAXIMUM_KEY]


def form_lock_version(request: HttpRequest) -> int | None:
    """Return the version of the release that the page showed."""
    raw = str(request.POST.get("lock_version", ""))
    if not raw:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10):  # noqa: PLR2004 (what fits the column)
        message = "lock_version is a number; load the page again."
        raise InvalidInput("lock_version", message)
    return int(raw)


def cursor(request: HttpRequest) -> int | None:
    """Return where a page of a list goes on, None for its beginning."""
    raw = request.GET.get("cursor", "")
    if not raw:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):  # noqa: PLR2004 (what fits the column)
        message = "The cursor is the number from a page's own link."
        raise InvalidInput("cursor", message)
    return int(raw)


def form_reason(request: HttpRequest) -> str:
    """Return what somebody wrote as their reason; whether there has to be one the action says."""
    reason = str(request.POST.get("reason", "")).strip()
    if "\x00" in reason or len(reason) > MAXIMUM_REASON:
        message = f"The reason has at most {MAXIMUM_REASON} printable characters."
        raise InvalidInput("reason", message)
    return reason


def form_version(request: HttpRequest) -> str:
    """Return the version that somebody typed; whether it is one the action says."""
    version = str(request.POST.get("version", "")).strip()
    if "\x00" in version or len(version) > MAXIMUM_VERSION:
        message = f"A version has at most {MAXIMUM_VERSION} printable characters."
        raise InvalidInput("version", message)
    return version


def go(request: HttpRequest, *where: str) -> HttpResponse:
    """Send a browser on after a command; a page with a live socket gets its news there and stays."""
    if request.headers.get("HX-Request"):
        return HttpResponse("")
    return redirect(*where)
