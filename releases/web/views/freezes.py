"""Freezing stages at once, and lifting that early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.views.decorators.http import require_POST

from releases.actions.freezes import FreezeRequest, freeze_stages, lift_freezes
from releases.domain.errors import InvalidInput
from releases.web.requests import actor, form_key, form_reason, go
from releases.web.views.gates import field, whole

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
@login_required
def freeze(request: HttpRequest) -> HttpResponse:
    """Freeze the stage that is chosen, or all of them."""
    stage = field(request, "stage")
    wish = FreezeRequest(
        stages=(stage,) if stage else (),
        reason=form_reason(request),
        hours=whole(request, "hours"),
        in_flight=field(request, "in_flight"),
    )
    freeze_stages(actor=actor(request), request=wish, key=form_key(request))
    return go(request, "web:board")


@require_POST
@login_required
def lift(request: HttpRequest) -> HttpResponse:
    """Lift the freezes that the form names."""
    numbers = [_number(raw) for raw in request.POST.getlist("freeze")]
    lift_freezes(actor=actor(request), numbers=numbers, reason=form_reason(request), key=form_key(request))
    return go(request, "web:board")


def _number(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):  # noqa: PLR2004 (what fits the column)
        raise InvalidInput("freeze", "A freeze is named by its number; load the page again.")
    return int(raw)
