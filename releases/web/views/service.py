"""One service: what it runs where, and which versions exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.queries.service_pages import service_page
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a service by its slug or an alias."""
    actor(request)
    view = service_page(slug)
    context = {"service": view, "choices": view.choices, "cells": view.cells}
    return render(request, "releases/service.html", context)
