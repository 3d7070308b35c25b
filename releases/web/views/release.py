"""The list of releases, and one release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.domain.errors import InvalidInput
from releases.domain.lifecycle import ReleaseState
from releases.queries.boards import find_releases, release_lines
from releases.queries.release_pages import release_by_label, release_view, steering_refusal
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MAXIMUM_QUERY = 100


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List releases, newest first; search and filter live in the address."""
    actor(request)
    query = request.GET.get("q", "").replace("\x00", "")[:MAXIMUM_QUERY]
    state = request.GET.get("state", "")
    releases, next_cursor = find_releases(
        query=query,
        state=state if state in set(ReleaseState) else "",
        before=_cursor(request.GET.get("cursor", "")),
    )
    context = {"lines": release_lines(releases), "query": query, "state": state, "next_cursor": next_cursor}
    return render(request, "releases/list.html", context)


def _cursor(raw: str) -> int | None:
    if not raw:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):  # noqa: PLR2004 (what fits the column)
        message = "The cursor is the number from a page's own link."
        raise InvalidInput("cursor", message)
    return int(raw)


@require_safe
@login_required
def show(request: HttpRequest, version: str) -> HttpResponse:
    """Show one release by any of its labels."""
    refusal = steering_refusal(actor(request))
    view = release_view(release_by_label(version), refusal)
    return render(request, "releases/release.html", {"release": view})
