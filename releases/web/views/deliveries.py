"""The log of deliveries, and its one button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from releases.actions.redelivering import redeliver
from releases.domain.access import Permission, why_not
from releases.queries.deliveries import DELIVERY_STATES, DeliveryFilter, delivery_lines, receiver_names
from releases.web.requests import actor, cursor, form_key

if TYPE_CHECKING:
    from django.http import HttpRequest

MAXIMUM_NAME = 128


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List what was sent, newest first; the filter lives in the address."""
    person = actor(request)
    wanted = _wanted(request)
    lines, next_cursor = delivery_lines(person, wanted, before=cursor(request))
    context = {
        "lines": lines,
        "next_cursor": next_cursor,
        "wanted": wanted,
        "states": tuple(DELIVERY_STATES),
        "receivers": receiver_names(),
        "refusal": why_not(person, Permission.REDELIVER),
    }
    return render(request, "releases/deliveries.html", context)


@require_POST
@login_required
def send_again(request: HttpRequest, delivery: int) -> HttpResponse:
    """Send a message again."""
    redeliver(actor=actor(request), delivery_id=delivery, key=form_key(request))
    where = reverse("web:deliveries")
    if request.headers.get("HX-Request"):
        return HttpResponse("", headers={"HX-Redirect": where})
    return redirect(where)


def _wanted(request: HttpRequest) -> DeliveryFilter:
    state = request.GET.get("state", "")
    return DeliveryFilter(
        state=state if state in DELIVERY_STATES else "", to=_name(request, "to"), release=_name(request, "release")
    )


def _name(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:MAXIMUM_NAME]
