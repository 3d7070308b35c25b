"""The buttons of a release: each is one action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.views.decorators.http import require_POST

from releases.actions import steering
from releases.actions.accepting import accept_late_result
from releases.actions.promotions import PromotionRequest, promote_release
from releases.domain.lifecycle import OnFailure
from releases.web.requests import actor, form_key, form_lock_version, form_reason, go

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
@login_required
def promote(request: HttpRequest, version: str) -> HttpResponse:
    """Start the promotion to the stage that the form names."""
    wanted = PromotionRequest(
        version=version,
        stage=str(request.POST.get("stage", "")),
        on_failure=str(request.POST.get("on_failure", "") or OnFailure.HOLD.value),
        lock_version=form_lock_version(request),
    )
    promote_release(actor=actor(request), request=wanted, key=form_key(request))
    return go(request, "web:release", version)


@require_POST
@login_required
def pause(request: HttpRequest, version: str) -> HttpResponse:
    """Ask nobody else until resumed."""
    steering.pause_promotion(
        actor=actor(request), version=version, lock_version=form_lock_version(request), key=form_key(request)
    )
    return go(request, "web:release", version)


@require_POST
@login_required
def resume(request: HttpRequest, version: str) -> HttpResponse:
    """Go on."""
    steering.resume_promotion(
        actor=actor(request), version=version, lock_version=form_lock_version(request), key=form_key(request)
    )
    return go(request, "web:release", version)


@require_POST
@login_required
def cancel(request: HttpRequest, version: str) -> HttpResponse:
    """Cancel the open promotion, or else the release: whichever the page asked about."""
    steering.cancel(
        actor=actor(request),
        version=version,
        reason=form_reason(request),
        lock_version=form_lock_version(request),
        key=form_key(request),
        stage=request.POST.get("stage"),
    )
    return go(request, "web:release", version)


@require_POST
@login_required
def retry(request: HttpRequest, version: str, service: str) -> HttpResponse:
    """Ask a failed service again."""
    steering.retry_step(
        actor=actor(request),
        version=version,
        service=service,
        lock_version=form_lock_version(request),
        key=form_key(request),
    )
    return go(request, "web:release", version)


@require_POST
@login_required
def skip(request: HttpRequest, version: str, service: str) -> HttpResponse:
    """Go on without a failed service."""
    steering.skip_step(
        actor=actor(request),
        version=version,
        service=service,
        reason=form_reason(request),
        lock_version=form_lock_version(request),
        key=form_key(request),
    )
    return go(request, "web:release", version)


@require_POST
@login_required
def accept(request: HttpRequest, version: str, service: str) -> HttpResponse:
    """Let a failed service count as done by the success that it reported too late."""
    accept_late_result(
        actor=actor(request),
        version=version,
        service=service,
        lock_version=form_lock_version(request),
        key=form_key(request),
    )
    return go(request, "web:release", version)
