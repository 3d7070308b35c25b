"""The departure board, one train, its buttons, and the calendar feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from releases.actions import trains
from releases.actions.calendars import rotate_calendar_link
from releases.actions.departures import depart_train
from releases.actions.train_numbers import choose_train_number
from releases.queries.calendars import calendar_key_of, is_calendar_key, train_calendar
from releases.queries.trains import departure_board, running_refusal, train_view
from releases.web.requests import actor, form_key, form_reason, form_version

if TYPE_CHECKING:
    from django.http import HttpRequest

MAXIMUM_REASON = 300


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Show the departures, who is on board of the next one, and the freezes."""
    person = actor(request)
    key = calendar_key_of(person.person_id)
    return render(
        request, "releases/trains.html", {"board": departure_board(), "calendar": _calendar_url(request, key)}
    )


@require_safe
@login_required
def show(request: HttpRequest, label: str) -> HttpResponse:
    """Show one train."""
    return render(request, "releases/train.html", {"train": train_view(label, running_refusal(actor(request)))})


@require_POST
@login_required
def depart(request: HttpRequest, label: str) -> HttpResponse:
    """Let a train depart now."""
    depart_train(actor=actor(request), label=label, key=form_key(request))
    return _go(request, label)


@require_POST
@login_required
def hold(request: HttpRequest, label: str) -> HttpResponse:
    """Hold a train with a reason."""
    trains.hold_train(actor=actor(request), label=label, reason=form_reason(request), key=form_key(request))
    return _go(request, label)


@require_POST
@login_required
def resume(request: HttpRequest, label: str) -> HttpResponse:
    """Let a held train go on."""
    trains.resume_train(actor=actor(request), label=label, key=form_key(request))
    return _go(request, label)


@require_POST
@login_required
def choose_number(request: HttpRequest, label: str) -> HttpResponse:
    """Let a train whose number was used up go on with another."""
    version, reason = form_version(request), form_reason(request)
    choose_train_number(actor=actor(request), label=label, version=version, reason=reason, key=form_key(request))
    return _go(request, label)


@require_POST
@login_required
def cancel(request: HttpRequest, label: str) -> HttpResponse:
    """Let a train go no further."""
    trains.cancel_train(actor=actor(request), label=label, reason=form_reason(request), key=form_key(request))
    return _go(request, label)


@require_POST
@login_required
def rotate_calendar(request: HttpRequest) -> HttpResponse:
    """Give the person a new address of the feed; the old one ends."""
    rotate_calendar_link(actor=actor(request))
    if request.headers.get("HX-Request"):
        return HttpResponse("", headers={"HX-Redirect": reverse("web:trains")})
    return redirect("web:trains")


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Answer a calendar that knows the secret, which is all that it can carry; anything else is not found."""
    if not is_calendar_key(request.GET.get("key", "")):
        raise Http404
    body = train_calendar(settings.PLATFORM_NAME, request.get_host())
    headers = {"Cache-Control": "private, max-age=300", "Content-Disposition": 'inline; filename="trains.ics"'}
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=headers)


def _calendar_url(request: HttpRequest, key: str) -> str:
    return f"{request.build_absolute_uri(reverse('web:calendar'))}?key={key}" if key else ""


def _go(request: HttpRequest, label: str) -> HttpResponse:
    where = reverse("web:train", args=[label])
    if request.headers.get("HX-Request"):
        return HttpResponse("", headers={"HX-Redirect": where})
    return redirect(where)
