"""When trains leave: local times that survive a change of the clocks, names by week, and what an edit changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, time
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One departure of a schedule; ``day`` is the day in the schedule's zone, both moments are in UTC."""

    day: date
    departs_at: datetime
    cut_off_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What makes the booked trains those that the schedule wants; ``moved`` maps days to their new departures."""

    added: tuple[Departure, ...]
    moved: Mapping[date, Departure]
    dropped: frozenset[date]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.moved or self.dropped)


def local_departure(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC at which the clocks of ``zone`` show ``at`` on ``day``.

    Where the clocks skip that time, it is later by what they skip (02:30 becomes 03:30); where they show it twice, it
    is the first of the two.
    """
    return datetime.combine(day, at.replace(fold=0, tzinfo=None), tzinfo=zone).astimezone(UTC)


def departure(day: date, at: time, zone: ZoneInfo, *, cut_off_minutes: int) -> Departure:
    """Return the departure of a day; the cut-off is that long before it, whatever the clocks do in between."""
    departs_at = local_departure(day, at, zone)
    return Departure(day=day, departs_at=departs_at, cut_off_at=departs_at - timedelta(minutes=cut_off_minutes))


def train_label(day: date, taken: Collection[str]) -> str:
    """Name a train by the ISO week of its day: ``2026-W48``, and ``2026-W48-2`` for the second in that week."""
    year, week, _ = day.isocalendar()
    first = f"{year:04}-W{week:02}"
    label, number = first, 1
    while label in taken:
        number += 1
        label = f"{first}-{number}"
    return label


def changes(booked: Iterable[Departure], wanted: Iterable[Departure]) -> Changes:
    """Compare the trains that may still be changed with what the schedule wants; a day has one train."""
    is_, shall = ({each.day: each for each in some} for some in (booked, wanted))
    return Changes(
        added=tuple(each for day, each in sorted(shall.items()) if day not in is_),
        moved={day: each for day, each in sorted(shall.items()) if day in is_ and is_[day] != each},
        dropped=frozenset(is_.keys() - shall.keys()),
    )
