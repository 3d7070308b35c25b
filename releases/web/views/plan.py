"""Planning a release: nothing is stored until it is created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from releases.actions.collections import request_collection
from releases.actions.releases import NewRelease, create_release
from releases.domain.access import Permission
from releases.domain.errors import InvalidInput
from releases.domain.plans import PlanRequest
from releases.queries.plans import collection_view, plan_view
from releases.web.requests import actor, form_key

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

PREFIX = "version-"
KINDS = ("synchronized",)
MAXIMUM_VERSION = 255
MAXIMUM_REASON = 300
MAXIMUM_NOTES = 20_000


@require_safe
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Show the plan that the newest eligible versions make; versions in the address take their place."""
    view = plan_view(_request(request.GET), actor(request))
    return render(request, "releases/plan.html", {"view": view})


@require_POST
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    """Judge other versions: the result alone for htmx, else the whole page."""
    view = plan_view(_request(request.POST), actor(request))
    page = "releases/plan.html#result" if request.headers.get("HX-Request") else "releases/plan.html"
    return render(request, page, {"view": view})


@require_POST
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Store the plan as a release and go there."""
    release = NewRelease(
        request=_request(request.POST),
        accept_digest=str(request.POST.get("digest", "")),
        title=_text(request.POST, "title", 120),
        notes=_text(request.POST, "notes", MAXIMUM_NOTES),
    )
    version = create_release(actor=actor(request), new=release, key=form_key(request))
    if request.headers.get("HX-Request"):
        return HttpResponse("", headers={"HX-Redirect": reverse("web:release", args=[version])})
    return redirect("web:release", version)


@require_POST
@login_required
def collect(request: HttpRequest) -> HttpResponse:
    """Ask for a collection of versions; the page then watches it."""
    request_collection(actor=actor(request, Permission.COLLECT))
    return _collection(request) if request.headers.get("HX-Request") else redirect("web:plan_new")


@require_safe
@login_required
def collection(request: HttpRequest) -> HttpResponse:
    """Show how the collection goes; once it ends the page is loaded anew, for the versions may be others."""
    actor(request)
    response = _collection(request)
    if not collection_view().running:
        response["HX-Refresh"] = "true"
    return response


def _collection(request: HttpRequest) -> HttpResponse:
    return render(request, "releases/plan.html#collection", {"collection": collection_view()})


def _request(data: QueryDict) -> PlanRequest:
    kind = str(data.get("kind") or KINDS[0])
    if kind not in KINDS:
        message = f"The kind is one of {', '.join(KINDS)}."
        raise InvalidInput("kind", message)
    overrides = {
        name.removeprefix(PREFIX): _text(data, name, MAXIMUM_VERSION)
        for name in data
        if name.startswith(PREFIX) and data.get(name)
    }
    return PlanRequest(
        kind=kind,
        overrides=overrides,
        target_version=_text(data, "target_version", 128) or None,
        reason=_text(data, "reason", MAXIMUM_REASON),
    )


def _text(data: QueryDict, name: str, maximum: int) -> str:
    text = str(data.get(name, "")).strip()
    if "\x00" in text or len(text) > maximum:
        message = f"{name} has at most {maximum} printable characters."
        raise InvalidInput(name, message)
    return text
