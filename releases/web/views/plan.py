"""Planning a release: nothing is stored until it is created."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from releases.actions.collections import request_collection
from releases.actions.releases import NewRelease, create_release
from releases.display.comparison import compared
from releases.display.kinds import PLANNED_KINDS, planned_kind
from releases.domain.access import Permission
from releases.domain.edit_addresses import edit_parameters, parse_edits
from releases.domain.errors import InvalidInput
from releases.domain.hotfixes import Urgency
from releases.domain.plan_kinds import HOTFIX, INDEPENDENT, SYNCHRONIZED
from releases.domain.plans import PlanRequest
from releases.queries.plans import collection_view, plan_view
from releases.web.requests import actor, form_key

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from releases.domain.what_if import Edits
    from releases.queries.views import PlanView

PREFIX = "version-"
KINDS = (SYNCHRONIZED, INDEPENDENT, HOTFIX)
MAXIMUM_VERSION = 255
MAXIMUM_REASON = 300
MAXIMUM_NOTES = 20_000
TYPED = ("newrule", "deny", "freeze")
RULE_FIELD = re.compile(r"rule-[0-9]+")


@require_safe
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Show the plan that the newest eligible versions make; versions and edits in the address take their place."""
    return render(request, "releases/plan.html", _context(request, request.GET))


@require_POST
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    """Judge other versions or rules: for htmx the result alone, with an address that leads back to it."""
    context = _context(request, request.POST)
    if not request.headers.get("HX-Request"):
        return render(request, "releases/plan.html", context)
    response = render(request, "releases/plan.html#result", context)
    response["HX-Replace-Url"] = str(context["address"])
    return response


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


def _context(request: HttpRequest, data: QueryDict) -> dict[str, object]:
    view = plan_view(_request(data), actor(request), parse_edits(dict(data.lists())))
    return {
        "view": view,
        "address": _address(view),
        "kinds": PLANNED_KINDS,
        "planned": planned_kind(view.kind),
        "urgencies": tuple(Urgency) if view.kind == HOTFIX else (),
        "compared": compared(view.now, view.plan) if view.now else None,
        "edited": edit_parameters(view.edits),
        "new": Written.of(view.edits),
    }


def _address(view: PlanView) -> str:
    """Where this plan is shown again: what was chosen by hand and what is tried out, and nothing else."""
    chosen = [(f"{PREFIX}{each.service}", each.chosen) for each in view.services if each.chosen != each.default]
    typed = [("target_version", view.target_version), ("reason", view.reason)]
    kind = [("kind", view.kind)] if view.kind != KINDS[0] else []
    if view.urgency:
        kind.append(("urgency", view.urgency))
    parameters = [*kind, *chosen, *(pair for pair in typed if pair[1]), *edit_parameters(view.edits)]
    return f"{reverse('web:plan_new')}?{urlencode(parameters)}" if parameters else reverse("web:plan_new")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Edits of what is not stored yet, as they are typed, always with one empty line more; ``kept`` has no field."""

    rules: tuple[str, ...]
    denials: tuple[str, ...]
    freezes: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, edits: Edits) -> Written:
        """Write them as the address does."""
        pairs = edit_parameters(edits)
        rules, denials, freezes = ((*(text for name, text in pairs if name == noun), "") for noun in TYPED)
        kept = tuple(pair for pair in pairs if pair[0] not in TYPED and not RULE_FIELD.fullmatch(pair[0]))
        return cls(rules=rules, denials=denials, freezes=freezes, kept=kept)


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
        urgency=_urgency(data) if kind == HOTFIX else "",
        overrides=overrides,
        target_version=_text(data, "target_version", 128) or None,
        reason=_text(data, "reason", MAXIMUM_REASON),
    )


def _urgency(data: QueryDict) -> str:
    urgency = str(data.get("urgency") or Urgency.HIGH)
    if urgency not in set(Urgency):
        message = f"The urgency is one of {', '.join(Urgency)}."
        raise InvalidInput("urgency", message)
    return urgency


def _text(data: QueryDict, name: str, maximum: int) -> str:
    text = str(data.get(name, "")).strip()
    if "\x00" in text or len(text) > maximum:
        message = f"{name} has at most {maximum} printable characters."
        raise InvalidInput(name, message)
    return text
