"""How well the board foresees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.queries.forecast_panel import calibration_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show in each stage how many promotions ended within what was foreseen at their start."""
    return render(request, "releases/forecasts.html", {"page": calibration_page()})
