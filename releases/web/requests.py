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


def go(request: HttpRequest, *where: str) -> HttpResponse:
    """Send a browser on after a command; a page with a live socket gets its news there and stays."""
    if request.headers.get("HX-Request"):
        return HttpResponse("")
    return redirect(*where)
