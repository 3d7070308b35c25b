"""Who is needed now: the page, and the count beside its link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.queries.access import actor_of
from releases.queries.inbox import inbox
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """List what waits for whoever looks; the page asks for its list again."""
    items = inbox(actor(request))
    part = "#items" if request.headers.get("HX-Request") else ""
    return render(request, f"releases/inbox.html{part}", {"items": items})


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """Say how much waits; nothing at all to who is signed out meanwhile, whose page stays as it is."""
    who = actor_of(request.user)
    if not who.roles:
        return HttpResponse(status=204)
    return render(request, "releases/components/inbox_count.html", {"waiting": len(inbox(who))})
