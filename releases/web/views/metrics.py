"""How releasing goes, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.queries.metrics import USUAL_WINDOW, WINDOWS, metrics
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show the five metrics and the objectives of a period; the period lives in the address."""
    actor(request)
    asked = request.GET.get("days", "")
    days = next((window for window in WINDOWS if str(window) == asked), USUAL_WINDOW)
    return render(request, "releases/metrics.html", {"found": metrics(days), "windows": WINDOWS})
