"""A release as it was after any entry of its journal, and the journal as a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.domain.errors import InvalidInput
from releases.queries.release_pages import release_by_label
from releases.queries.replay import journal_of
from releases.queries.replay_pages import replay_page
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest, version: str) -> HttpResponse:
    """Show the release as of entry ``at``, the last one by default; for htmx without the slider."""
    actor(request)
    page = replay_page(release_by_label(version), _at(request.GET.get("at", "")))
    template = "releases/replay.html#moment" if request.headers.get("HX-Request") else "releases/replay.html"
    return render(request, template, {"release": page, "page": page})


def _at(raw: str) -> int | None:
    if not raw:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):  # noqa: PLR2004 (what fits the column)
        message = "The entry is the number of one, as in ?at=3."
        raise InvalidInput("at", message)
    return int(raw)


@require_safe
@login_required
def journal(request: HttpRequest, version: str) -> HttpResponse:
    """Download every entry of the journal, oldest first."""
    actor(request)
    release = release_by_label(version)
    entries = [{**asdict(entry), "at": entry.at.isoformat()} for entry in journal_of(release)]
    answer = JsonResponse({"version": release.version, "entries": entries}, json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="journal-{release.version}.json"'
    return answer
