"""The board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.queries.boards import board_view
from releases.queries.viewers import viewer_of
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show every stage and service."""
    person = actor(request)
    board = board_view(viewer_of(person))
    return render(request, "releases/board.html", {"board": board})
