"""Gates, sign-offs and bypasses as the API answers them."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema

from releases.api.control_answers import ControlAnswer


class GateStateAnswer(Schema):
    """One gate before the next stage: ``open``, ``closed`` or ``bypassed``."""

    kind: str
    state: str
    text: str
    until: datetime | None
    bypass_note: str
    bypass: ControlAnswer


class NeedAnswer(Schema):
    """A role that has to sign."""

    role: str
    count: int
    signers: list[str]
    missing: int
    sign: ControlAnswer
    reject: ControlAnswer


class SignOffAnswer(Schema):
    """``standing`` is ``stands``, ``void`` (what was agreed to changed) or ``blocks`` (a rejection)."""

    id: int
    role: str
    person: str
    decision: str
    standing: str
    reason: str
    signed_at: datetime
    appeared: list[str]
    gone: list[str]


class BypassAnswer(Schema):
    """A gate that somebody lets the release pass until ``expires_at``."""

    id: int
    gate: str
    stage: str
    by: str
    reason: str
    expires_at: datetime
    end: ControlAnswer


class GatePanelAnswer(Schema):
    """The gates of the next stage; a sign-off names this ``digest``. ``bypasses`` are those that last, in any stage."""

    stage: str
    digest: str
    gates: list[GateStateAnswer]
    needs: list[NeedAnswer]
    signoffs: list[SignOffAnswer]
    bypasses: list[BypassAnswer]


class GivenSignOff(Schema):
    id: int
    role: str
    decision: str
    stage: str


class GrantedBypass(Schema):
    id: int
    gate: str
    stage: str
    expires_at: datetime
