"""Letting one release pass one closed gate: by an administrator, with a reason, for a day at most; and ending that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.ledger import claim_turn
from releases.actions.turns import refuse, take_turn
from releases.domain.access import Permission, require
from releases.domain.errors import InvalidInput, NotFound
from releases.domain.gates import BYPASS_HOURS, GateKind, why_not_end
from releases.domain.journal import Kind
from releases.models import Bypass
from releases.queries.promotability import gates_now, next_stage, release_verdict

if TYPE_CHECKING:
    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor
    from releases.models import Release, Stage

REASON_LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassRequest:
    """The gate of the release's next stage that is to be passed, why, and for how many hours from now."""

    version: str
    stage: str
    gate: str
    reason: str
    hours: int = 1
    lock_version: int | None = None


@transaction.atomic(durable=True)
def bypass_gate(*, actor: Actor, request: BypassRequest, key: str = "") -> int:
    """Let the release pass the gate; refused for a gate that is open, and never to be had for the verdict."""
    require(actor, Permission.BYPASS)
    kind, reason = _kind(request.gate), _reason(request)
    turn = take_turn(
        actor=actor,
        version=request.version,
        key=key,
        command="bypass",
        stage=request.stage,
        gate=request.gate,
        reason=reason,
        hours=request.hours,
    )
    if turn.answer is not None:
        return int(str(turn.answer["bypass"]))
    claim_turn(turn.ledger, request.lock_version)
    stage = next_stage(turn.ledger.release)
    refuse(_why_not(turn.ledger.release, stage, request.stage, kind))
    assert stage is not None  # noqa: S101 (without a stage it was refused)
    bypass = _grant(turn.ledger, stage, kind, reason, request.hours)
    turn.end(bypass=bypass.pk)
    return bypass.pk


@transaction.atomic(durable=True)
def end_bypass(*, actor: Actor, version: str, number: int, reason: str = "", key: str = "") -> None:
    """Close a gate again before the bypass expires; what it let start goes on. Refused for one that is over."""
    require(actor, Permission.BYPASS)
    reason = reason.strip()[:REASON_LIMIT]
    turn = take_turn(actor=actor, version=version, key=key, command="end bypass", bypass=number, reason=reason)
    if turn.answer is not None:
        return
    bypass = Bypass.objects.filter(release=turn.ledger.release, pk=number).select_related("stage").first()
    if bypass is None:
        message = f"{version} has no bypass {number}."
        raise NotFound(message)
    refuse(why_not_end(bypass.gate, bypass.stage.name, bypass.ended_by, bypass.expires_at, turn.ledger.now))
    bypass.expires_at, bypass.ended_by = turn.ledger.now, actor.name
    bypass.save(update_fields=["expires_at", "ended_by"])
    turn.ledger.append(Kind.GATE_RESTORED, stage=bypass.stage.name, gate=bypass.gate, reason=reason, bypass=bypass.pk)
    claim_turn(turn.ledger, None)
    turn.end(ended=bypass.pk)


def _reason(request: BypassRequest) -> str:
    reason = request.reason.strip()[:REASON_LIMIT]
    if not reason:
        raise InvalidInput("reason", "Say why the release may pass this gate.")
    if not 1 <= request.hours <= BYPASS_HOURS:
        message = f"A bypass lasts 1 to {BYPASS_HOURS} hours."
        raise InvalidInput("hours", message)
    return reason


def _grant(ledger: Ledger, stage: Stage, kind: GateKind, reason: str, hours: int) -> Bypass:
    expires_at = ledger.now + timedelta(hours=hours)
    ledger.append(
        Kind.GATE_BYPASSED, stage=stage.name, gate=kind.value, reason=reason, expires_at=expires_at.isoformat()
    )
    return Bypass.objects.create(
        release=ledger.release,
        stage=stage,
        gate=kind.value,
        reason=reason,
        granted_by=ledger.actor,
        granted_at=ledger.now,
        expires_at=expires_at,
    )


def _kind(name: str) -> GateKind:
    try:
        return GateKind(name)
    except ValueError as unknown:
        message = f"There is no gate {name}; the gates are {', '.join(GateKind)}. A verdict cannot be bypassed."
        raise InvalidInput("gate", message) from unknown


def _why_not(release: Release, stage: Stage | None, wanted: str, kind: GateKind) -> str:
    if stage is None or stage.name != wanted:
        ahead = f"its next stage is {stage.name}" if stage else "it has no next stage"
        return f"{release.version} is not before {wanted}: {ahead}."
    gates = gates_now(release, stage, release_verdict(release, stage))
    closed = any(gate.kind is kind and gate.refuses for gate in gates)
    return "" if closed else f"The gate {kind.value} of {stage.name} is not closed for {release.version}."
