"""The buttons of the gates: sign off, reject, withdraw, bypass, end a bypass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.views.decorators.http import require_POST

from releases.actions.bypasses import BypassRequest, bypass_gate, end_bypass
from releases.actions.signoffs import SignOffRequest, sign_off, withdraw_signoff
from releases.domain.errors import InvalidInput
from releases.domain.signoffs import Decision
from releases.web.requests import actor, form_key, form_lock_version, go

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MAXIMUM_REASON = 300
MAXIMUM_FIELD = 64


@require_POST
@login_required
def sign(request: HttpRequest, version: str) -> HttpResponse:
    """Sign the release off for its next stage, or reject it with a reason."""
    decision = Decision.REJECTED if request.POST.get("decision") == Decision.REJECTED else Decision.APPROVED
    wish = SignOffRequest(
        version=version,
        role=field(request, "role"),
        digest=field(request, "digest"),
        decision=decision,
        reason=reason(request),
    )
    sign_off(actor=actor(request), request=wish, key=form_key(request))
    return go(request, "web:release", version)


@require_POST
@login_required
def withdraw(request: HttpRequest, version: str, number: int) -> HttpResponse:
    """Take one's own word back."""
    withdraw_signoff(actor=actor(request), version=version, number=number, key=form_key(request))
    return go(request, "web:release", version)


@require_POST
@login_required
def bypass(request: HttpRequest, version: str) -> HttpResponse:
    """Let the release pass a closed gate."""
    wish = BypassRequest(
        version=version,
        stage=field(request, "stage"),
        gate=field(request, "gate"),
        reason=reason(request),
        hours=whole(request, "hours"),
        lock_version=form_lock_version(request),
    )
    bypass_gate(actor=actor(request), request=wish, key=form_key(request))
    return go(request, "web:release", version)


@require_POST
@login_required
def restore(request: HttpRequest, version: str, number: int) -> HttpResponse:
    """End a bypass before it expires."""
    end_bypass(actor=actor(request), version=version, number=number, reason=reason(request), key=form_key(request))
    return go(request, "web:release", version)


def field(request: HttpRequest, name: str) -> str:
    """Return a short field of the form."""
    text = str(request.POST.get(name, ""))
    if "\x00" in text or len(text) > MAXIMUM_FIELD:
        message = f"{name} has at most {MAXIMUM_FIELD} printable characters."
        raise InvalidInput(name, message)
    return text


def whole(request: HttpRequest, name: str) -> int:
    """Return a number of the form."""
    text = field(request, name)
    if not (text.isascii() and text.isdigit() and len(text) < 6):  # noqa: PLR2004 (more is refused anyway)
        message = f"{name} is a whole number."
        raise InvalidInput(name, message)
    return int(text)


def reason(request: HttpRequest) -> str:
    """Return why, as the form says."""
    text = str(request.POST.get("reason", "")).strip()
    if "\x00" in text or len(text) > MAXIMUM_REASON:
        message = f"The reason has at most {MAXIMUM_REASON} printable characters."
        raise InvalidInput("reason", message)
    return text
