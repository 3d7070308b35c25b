"""A release as its journal tells it: what every prefix of the journal adds up to, and how two such states differ."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING

from releases.domain.lifecycle import PromotionState, ReleaseState, SessionState, SlotState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from releases.domain.aggregation import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedStep:
    """One service of one promotion; ``phase`` counts from 0, ``late`` the reports that came too late to count."""

    service: str
    phase: int
    from_version: str
    to_version: str
    state: SlotState = SlotState.PENDING
    reason: str = ""
    message: str = ""
    percent: int | None = None
    attempt: int = 0
    late: int = 0
    started_at: datetime | None = None
    heard_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedSession:
    """One fan-out; ``phase`` counts from 0, ``summary`` is there once it is closed."""

    correlation_id: str
    phase: int
    services: tuple[str, ...]
    timeout_ms: int
    opened_at: datetime
    state: SessionState = SessionState.RUNNING
    summary: Tally | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedPromotion:
    """The release in one stage; steps by phase and name, sessions in the order in which they were opened."""

    stage: str
    version: str
    phases: tuple[tuple[str, ...], ...]
    timeout_ms: int
    started_by: str
    started_at: datetime
    phase: int = 0
    state: PromotionState = PromotionState.RUNNING
    finished_at: datetime | None = None
    rolled_back: bool = False
    steps: tuple[ReplayedStep, ...]
    sessions: tuple[ReplayedSession, ...] = ()

    def with_steps(self, services: Sequence[str], change: Callable[[ReplayedStep], ReplayedStep]) -> ReplayedPromotion:
        return replace(self, steps=tuple(change(s) if s.service in services else s for s in self.steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedRelease:
    """A release right after journal entry ``sequence``; ``labels`` are the names that it got, oldest first.

    ``path`` names the stages that it goes through, empty for all.
    """

    sequence: int
    version: str
    target_version: str
    kind: str
    title: str
    state: ReleaseState
    manifest: Mapping[str, str]
    phases: tuple[tuple[str, ...], ...]
    path: tuple[str, ...] = ()
    labels: tuple[str, ...]
    created_by: str
    created_at: datetime
    promotions: tuple[ReplayedPromotion, ...] = ()

    @property
    def promotion(self) -> ReplayedPromotion | None:
        """The latest one."""
        return self.promotions[-1] if self.promotions else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``field`` is a path such as ``promotions[0].steps[2].percent``; a missing value reads None."""

    field: str
    told: object
    stored: object


def first_difference(told: object, stored: object, field: str = "") -> Difference | None:
    """Return where what the journal tells and what the tables hold first part, None where they agree."""
    if told == stored:
        return None
    if is_dataclass(told) and type(told) is type(stored):
        parts = [(f".{each.name}", getattr(told, each.name), getattr(stored, each.name)) for each in fields(told)]
    elif isinstance(told, tuple) and isinstance(stored, tuple) and len(told) == len(stored):
        parts = [(f"[{number}]", *both) for number, both in enumerate(zip(told, stored, strict=True))]
    else:
        return Difference(field=field.lstrip("."), told=told, stored=stored)
    found = (first_difference(left, right, field + name) for name, left, right in parts)
    return next(difference for difference in found if difference)
