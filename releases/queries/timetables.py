"""Recurrence rules of train schedules: what they may say, and on which days they let a train depart."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrule, rrulestr

from releases.domain.errors import InvalidInput
from releases.domain.timetables import Departure, departure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from releases.models import TrainSchedule

PARTS = frozenset(
    "FREQ INTERVAL COUNT UNTIL BYDAY BYMONTHDAY BYMONTH BYSETPOS BYYEARDAY BYWEEKNO WKST".split()  # noqa: SIM905
)
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
LONGEST_INTERVAL = 1000
# Further ahead nobody books; it also ends the search for days of a rule that has none, like 30 February.
HORIZON = timedelta(days=800)
MIDNIGHT = time(0)


def known_zone(name: str) -> ZoneInfo:
    """Return a time zone; ``InvalidInput`` for a name that is none."""
    if name not in available_timezones():
        message = f"{name or 'An empty name'} is no time zone; write one like Europe/Berlin or UTC."
        raise InvalidInput("time_zone", message)
    return ZoneInfo(name)


def checked_recurrence(text: str, starts_on: date) -> None:
    """Raise ``InvalidInput`` with what is wrong with a rule, and for one that names no day at all."""
    parts = _parts(text)
    _refuse_unusable(parts)
    if not list(islice(_days(text, starts_on, starts_on), 1)):
        raise InvalidInput("recurrence", f"No day within {HORIZON.days} days of {starts_on} follows this rule.")


def next_departures(schedule: TrainSchedule, now: datetime, *, count: int) -> tuple[Departure, ...]:
    """Return the next departures after ``now``, in order; none of a schedule that is not active."""
    if not schedule.active:
        return ()
    zone = ZoneInfo(schedule.time_zone)
    today = now.astimezone(zone).date()
    # One more, for today's may be over.
    days = next_days(schedule.recurrence, schedule.starts_on, max(today, schedule.starts_on), count + 1)
    found = (departure(day, schedule.departure_time, zone, cut_off_minutes=schedule.cut_off_minutes) for day in days)
    return tuple(each for each in found if each.departs_at > now)[:count]


@lru_cache(maxsize=256)
def next_days(text: str, starts_on: date, first: date, count: int) -> tuple[date, ...]:
    """Return the rule's days from ``first`` on, at most ``count``."""
    return tuple(islice(_days(text, starts_on, first), count))


def _days(text: str, starts_on: date, first: date) -> Iterator[date]:
    rule, most = _bounded(text, starts_on, first + HORIZON)
    return (moment.date() for moment in islice(rule, most) if moment.date() >= first)


def _bounded(text: str, starts_on: date, horizon: date) -> tuple[rrule, int | None]:
    """Return the rule without an end of its own further than ``horizon``, and how many days it has at most."""
    parts = _parts(text)
    until = datetime.combine(horizon, MIDNIGHT)
    if "UNTIL" in parts:
        until = min(until, datetime.strptime(parts.pop("UNTIL")[:8], "%Y%m%d"))  # noqa: DTZ007 (days have no zone)
    most = int(parts.pop("COUNT")) if "COUNT" in parts else None
    rest = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        rule = rrulestr(rest, dtstart=datetime.combine(starts_on, MIDNIGHT))
    except (ValueError, TypeError, IndexError, KeyError) as mistake:
        raise InvalidInput("recurrence", f"This is no recurrence rule: {mistake}.") from mistake
    assert isinstance(rule, rrule)  # noqa: S101 (one rule without exceptions)
    return rule.replace(until=until), most


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, sign, value = part.partition("=")
        if not (sign and value):
            message = f"“{part}” is no part of a recurrence rule; write NAME=VALUE, separated by semicolons."
            raise InvalidInput("recurrence", message)
        if name in parts:
            raise InvalidInput("recurrence", f"{name} is there twice.")
        parts[name] = value
    return parts


def _refuse_unusable(parts: dict[str, str]) -> None:
    if unknown := sorted(parts.keys() - PARTS):
        message = f"{unknown[0]} cannot be used here: the rule names days, and the time of departure is a field."
        raise InvalidInput("recurrence", message)
    if parts.get("FREQ") not in FREQUENCIES:
        raise InvalidInput("recurrence", f"FREQ is one of {', '.join(FREQUENCIES)}.")
    for name, most in (("INTERVAL", LONGEST_INTERVAL), ("COUNT", 10_000)):
        if name in parts and not (parts[name].isascii() and parts[name].isdigit() and 1 <= int(parts[name]) <= most):
            raise InvalidInput("recurrence", f"{name} is a whole number from 1 to {most}.")
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise InvalidInput("recurrence", "COUNT and UNTIL exclude each other.")
    if "UNTIL" in parts:
        _refuse_until(parts["UNTIL"])


def _refuse_until(text: str) -> None:
    try:
        datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 (days have no zone)
    except ValueError as mistake:
        raise InvalidInput("recurrence", "UNTIL is a day, like 20271231.") from mistake
