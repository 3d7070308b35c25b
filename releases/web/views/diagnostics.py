"""What is wrong with what the board knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.queries.diagnostics import diagnostics_page
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show every area that was checked, with what was found."""
    actor(request)
    return render(request, "releases/diagnostics.html", {"page": diagnostics_page()})
