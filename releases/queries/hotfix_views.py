"""What pages show of hotfixes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from releases.queries.views import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """One scenario of a hotfix; ``state`` is its newest outcome, or ``not_run``."""

    name: str
    required: bool
    state: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HotfixPanel:
    """What the release's page shows of a hotfix; ``took_ms`` is there once it is live in the last stage."""

    urgency: str
    reason: str
    skipped_stages: tuple[str, ...]
    tests: tuple[TrialView, ...]
    budget_ms: int
    due_at: datetime
    live_at: datetime | None
    took_ms: int | None
    is_late: bool
    debts: tuple[DebtView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtView:
    """One thing that is owed, or was; ``cause`` is a state of its own: what failed was not skipped."""

    id: int
    release: str
    kind: str
    subject: str
    cause: str
    text: str
    owner: str
    due_on: date
    is_overdue: bool
    created_at: datetime
    paid_at: datetime | None
    paid_by: str
    how: str
    pay: Control
