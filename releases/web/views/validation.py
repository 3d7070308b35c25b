"""The button that validates what a stage runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.views.decorators.http import require_POST

from releases.actions.validations import ValidationRequest, request_validation
from releases.web.requests import actor, form_key, form_lock_version, go

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LONGEST_STAGE = 32


@require_POST
@login_required
def validate(request: HttpRequest, version: str) -> HttpResponse:
    """Validate the stage that the form names with every scenario."""
    wanted = ValidationRequest(
        version=version,
        stage=str(request.POST.get("stage", "")).replace("\x00", "")[:LONGEST_STAGE],
        lock_version=form_lock_version(request),
    )
    request_validation(actor=actor(request), request=wanted, key=form_key(request))
    return go(request, "web:release", version)
