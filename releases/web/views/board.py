"""The board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.queries.boards import board_view, planning_refusal
from releases.queries.freezes import freezing_refusal
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show every stage and service."""
    person = actor(request)
    board = board_view(planning_refusal(person), freezing_refusal(person))
    return render(request, "releases/board.html", {"board": board})
