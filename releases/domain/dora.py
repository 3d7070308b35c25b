"""DORA's five metrics of a period, from what the journals tell of the last stage.

A change is a release that reached the last stage, or was on its way into it when it was taken back. What takes one back
is a remedy and no change; a hotfix is both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Protocol

from releases.domain.journal import Kind
from releases.domain.plan_kinds import HOTFIX, ROLLBACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

DAYS_OF_A_WEEK = 7
_DAY_S = 86_400


class Told(Protocol):
    """A journal entry; of promotions only those of the last stage are meant."""

    @property
    def release_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def payload(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One release: when it was planned, when it first was live, when it was taken back; None for never."""

    release: int
    kind: str
    planned_at: datetime
    live_at: datetime | None = None
    taken_back_at: datetime | None = None

    @property
    def ended_at(self) -> datetime | None:
        """When it was decided what became of it."""
        return self.live_at or self.taken_back_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Dora:
    """The five metrics; what nothing can be said of is None, never 0. Rates are parts of 1, times medians.

    ``deployments`` reached the last stage, ``failed`` of ``changes`` were taken back or mended by a hotfix,
    ``recoveries`` brought such a remedy live, and ``reworks`` of the deployments were hotfixes.
    """

    deployments: int
    per_week: float
    lead_time: timedelta | None
    changes: int
    failed: int
    recoveries: int
    recovery_time: timedelta | None
    reworks: int

    @property
    def change_failure_rate(self) -> float | None:
        return self.failed / self.changes if self.changes else None

    @property
    def rework_rate(self) -> float | None:
        return self.reworks / self.deployments if self.deployments else None


def changes_of(lines: Iterable[Told]) -> tuple[Change, ...]:
    """Read the releases from their entries, which stand in the order of their numbers; others say nothing here."""
    found: dict[int, Change] = {}
    for line in lines:
        if line.kind == Kind.RELEASE_CREATED:
            found[line.release_id] = Change(
                release=line.release_id, kind=str(line.payload.get("release_kind")), planned_at=line.at
            )
        elif known := found.get(line.release_id):
            found[line.release_id] = _after(known, line)
    return tuple(found.values())


def _after(change: Change, line: Told) -> Change:
    if line.kind == Kind.PROMOTION_SUCCEEDED and change.live_at is None:
        return replace(change, live_at=line.at)
    if line.kind == Kind.ROLLBACK_STARTED and change.taken_back_at is None:
        return replace(change, taken_back_at=line.at)
    return change


def dora(releases: Sequence[Change], *, since: datetime, until: datetime) -> Dora:
    """Compute the metrics of what ended from ``since`` up to, not including, ``until``."""

    def within(at: datetime | None) -> bool:
        return at is not None and since <= at < until

    ended = [each for each in releases if each.kind != ROLLBACK and within(each.ended_at)]
    deployed = [each for each in ended if each.live_at]
    mended = _mended(releases)
    remedies = [each for each in releases if each.kind in {ROLLBACK, HOTFIX} and within(each.live_at)]
    return Dora(
        deployments=len(deployed),
        per_week=len(deployed) * DAYS_OF_A_WEEK * _DAY_S / (until - since).total_seconds(),
        lead_time=_median_way(deployed),
        changes=len(ended),
        failed=sum(each.taken_back_at is not None or each.release in mended for each in ended),
        recoveries=len(remedies),
        recovery_time=_median_way(remedies),
        reworks=sum(each.kind == HOTFIX for each in deployed),
    )


def _median_way(releases: Iterable[Change]) -> timedelta | None:
    """Return the median from being planned to being live."""
    ways = [each.live_at - each.planned_at for each in releases if each.live_at]
    return median(ways) if ways else None  # type: ignore[type-var] # spans can be halved as numbers can


def _mended(releases: Iterable[Change]) -> set[int]:
    """Return what was live when a hotfix was planned that went live too: what it mended."""
    live = sorted((each for each in releases if each.live_at and each.kind != ROLLBACK), key=_live)
    found: set[int] = set()
    for hotfix in (each for each in live if each.kind == HOTFIX):
        before = [each.release for each in live if _live(each) <= hotfix.planned_at]
        found |= set(before[-1:])
    return found


def _live(change: Change) -> datetime:
    return change.live_at or change.planned_at
