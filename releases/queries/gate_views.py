"""What pages and the API show of the gates before a release's next stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from releases.queries.views import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """``state`` is ``open``, ``closed`` or ``bypassed``; ``bypass_note`` says by whom, why and until when."""

    kind: str
    state: str
    text: str
    until: datetime | None
    bypass_note: str
    bypass: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedView:
    """A role that has to sign; the controls are those of whoever looks."""

    role: str
    count: int
    signers: tuple[str, ...]
    missing: int
    sign: Control
    reject: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffView:
    """``standing`` is ``stands``, ``void`` or ``blocks``; what changed since it was given makes it void."""

    id: int
    role: str
    person: str
    decision: str
    standing: str
    reason: str
    signed_at: datetime
    appeared: tuple[str, ...]
    gone: tuple[str, ...]
    withdraw: Control

    @property
    def state(self) -> str:
        """The word that the page shows."""
        return {"stands": "signed", "void": "void"}.get(self.standing, self.decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassView:
    """A gate that somebody lets the release pass now; ``end`` closes it again."""

    id: int
    gate: str
    stage: str
    by: str
    reason: str
    expires_at: datetime
    end: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePanel:
    """The gates of ``stage``, empty after the last one; a sign-off must name ``digest``.

    ``bypasses`` are those that last, for this stage or for one that the release has set out for since.
    """

    stage: str
    digest: str
    gates: tuple[GateView, ...]
    needs: tuple[NeedView, ...]
    signoffs: tuple[SignOffView, ...]
    bypasses: tuple[BypassView, ...] = ()

    @property
    def is_bypassed(self) -> bool:
        """Tell whether somebody lets the release pass a gate now."""
        return bool(self.bypasses)
