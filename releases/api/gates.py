"""Gates: signing a release off, taking that back, and letting one pass a closed gate."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from releases.actions.bypasses import BypassRequest, bypass_gate, end_bypass
from releases.actions.signoffs import SignOffRequest, sign_off, withdraw_signoff
from releases.api.authentication import actor_behind
from releases.api.bodies import BypassBody, SignOffBody
from releases.api.fields import MAX_BIGINT, IdempotencyKey, VersionText
from releases.api.gate_answers import GivenSignOff, GrantedBypass
from releases.queries.gates import granted_bypass
from releases.queries.signoffs import given_signoff

router = Router(tags=["gates"])
Number = Annotated[int, Path(ge=1, le=MAX_BIGINT)]


@router.post("/releases/{version}/signoffs", response={201: GivenSignOff})
def sign(request: HttpRequest, version: VersionText, body: SignOffBody, key: IdempotencyKey) -> object:
    """Sign a release off for its next stage, or reject it; ``digest`` is that of the release's ``gates``."""
    wish = SignOffRequest(
        version=version, role=body.role, digest=body.digest, decision=body.decision, reason=body.reason
    )
    return given_signoff(sign_off(actor=actor_behind(request), request=wish, key=key or ""))


@router.delete("/releases/{version}/signoffs/{number}", response={204: None})
def withdraw(request: HttpRequest, version: VersionText, number: Number) -> HttpResponse:
    """Take one's own sign-off or rejection back."""
    withdraw_signoff(actor=actor_behind(request), version=version, number=number)
    return HttpResponse(status=204)


@router.post("/releases/{version}/bypasses", response={201: GrantedBypass})
def bypass(request: HttpRequest, version: VersionText, body: BypassBody, key: IdempotencyKey) -> object:
    """Let a release pass one closed gate of its next stage for some hours; a verdict cannot be bypassed."""
    wish = BypassRequest(
        version=version,
        stage=body.stage,
        gate=body.gate,
        reason=body.reason,
        hours=body.hours,
        lock_version=body.lock_version,
    )
    return granted_bypass(bypass_gate(actor=actor_behind(request), request=wish, key=key or ""))


@router.delete("/releases/{version}/bypasses/{number}", response={204: None})
def restore(request: HttpRequest, version: VersionText, number: Number) -> HttpResponse:
    """Close a gate again before its bypass expires; what it let start goes on."""
    end_bypass(actor=actor_behind(request), version=version, number=number)
    return HttpResponse(status=204)
