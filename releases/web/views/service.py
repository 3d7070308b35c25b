"""One service: what it runs where, which versions exist, what it promises, and what it answers to its probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from releases.actions.probing import request_probing
from releases.domain.access import Permission
from releases.queries.service_pages import probing_view, service_page
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@login_required
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a service by its slug or an alias."""
    view = service_page(slug, actor(request))
    context = {"service": view, "choices": view.choices, "cells": view.cells}
    return render(request, "releases/service.html", context)


@require_POST
@login_required
def probe(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a round of probes; the page then watches it."""
    request_probing(actor=actor(request, Permission.PROBE))
    return _probing(request, slug) if request.headers.get("HX-Request") else redirect("web:service", slug)


@require_safe
@login_required
def probing(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the service answered last, and whether a round is on its way."""
    return _probing(request, slug)


def _probing(request: HttpRequest, slug: str) -> HttpResponse:
    view = probing_view(slug, actor(request))
    return render(request, "releases/service.html#probing", {"probing": view})
