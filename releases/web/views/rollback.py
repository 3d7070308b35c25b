"""Taking a release back: what it would do, doing it, and the emergency when services do not go along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from releases.actions.recovery import recover
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.domain.errors import InvalidInput
from releases.queries.release_pages import release_by_label
from releases.queries.rollback_pages import rollback_page
from releases.web.requests import actor, form_key, form_lock_version, form_reason, go

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
@login_required
def show(request: HttpRequest, version: str) -> HttpResponse:
    """Show the way back from the last stage reached, or from ``stage`` to ``target``; nothing is stored."""
    page = rollback_page(
        release_by_label(version),
        actor(request),
        stage=request.GET.get("stage", ""),
        target=request.GET.get("target", ""),
    )
    return render(request, "releases/rollback.html", {"page": page, "release": page})


@require_POST
@login_required
def start(request: HttpRequest, version: str) -> HttpResponse:
    """Start it as previewed; out of the last stage only for who typed the version."""
    stage, target = (str(request.POST.get(name, "")) for name in ("stage", "target_version"))
    who = actor(request)
    page = rollback_page(release_by_label(version), who, stage=stage, target=target)
    if page.must_type and request.POST.get("typed", "").strip() != page.must_type:
        message = f"Type {page.must_type} to confirm that {page.stage} goes back."
        raise InvalidInput("typed", message)
    wanted = RollbackRequest(
        version=version,
        reason=form_reason(request),
        stage=stage,
        target_version=target,
        accept_digest=str(request.POST.get("digest", "")),
        accept_irreversible="accept_irreversible" in request.POST,
        quarantine="quarantine" in request.POST,
        lock_version=form_lock_version(request),
    )
    rollback = roll_back(actor=who, request=wanted, key=form_key(request))
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": reverse("web:release", args=[rollback])})
    return redirect("web:release", rollback)


@require_POST
@login_required
def start_recovery(request: HttpRequest, version: str) -> HttpResponse:
    """Freeze the stage and bring back what can be brought back."""
    recover(
        actor=actor(request),
        version=version,
        reason=form_reason(request),
        lock_version=form_lock_version(request),
        key=form_key(request),
    )
    return go(request, "web:release", version)
