"""How the platform fares, and its one button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from releases.actions.health import request_check
from releases.queries.health_pages import health_page
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show the five checks, what they found, and how it was before; a page that waits asks for its inside only."""
    page = health_page(actor(request))
    part = "#health" if request.headers.get("HX-Request") else ""
    return render(request, f"releases/health.html{part}", {"page": page})


@require_POST
@login_required
def check(request: HttpRequest) -> HttpResponse:
    """Ask for a check; the page then waits for it."""
    person = actor(request)
    request_check(actor=person)
    if request.headers.get("HX-Request"):
        return render(request, "releases/health.html#health", {"page": health_page(person)})
    return redirect("web:health")
