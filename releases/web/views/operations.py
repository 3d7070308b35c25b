"""What to look at when the board itself misbehaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.domain.access import Permission
from releases.queries.operations import operations_page
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show administrators the live facts that belong to each known problem."""
    actor(request, Permission.ADMINISTER)
    return render(request, "releases/operations.html", {"page": operations_page()})
