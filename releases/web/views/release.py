"""The list of releases, and one release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.domain.lifecycle import ReleaseState
from releases.queries.boards import find_releases, release_lines
from releases.queries.manifests import manifest_view
from releases.queries.release_pages import release_by_label, release_view
from releases.queries.viewers import signer_of
from releases.web.requests import actor, cursor

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
        before=cursor(request),
    )
    context = {"lines": release_lines(releases), "query": query, "state": state, "next_cursor": next_cursor}
    return render(request, "releases/list.html", context)


@require_safe
@login_required
def show(request: HttpRequest, version: str) -> HttpResponse:
    """Show one release by any of its labels."""
    person = actor(request)
    release = release_by_label(version)
    view = release_view(release, signer_of(person))
    return render(request, "releases/release.html", {"release": view, "manifest": manifest_view(release)})
