"""The calendar feed: departures, cut-offs and freezes as events, for who has the secret address."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

from icalendar import Calendar, Event

from releases import conf
from releases.clients.signing import calendar_secret
from releases.domain.trains import OPEN_TRAINS
from releases.models import CalendarLink, Freeze, Train
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from datetime import datetime

# A calendar that subscribes late still shows the weeks before.
BACK = timedelta(days=60)
TAKES = timedelta(minutes=30)
_OPEN = [state.value for state in OPEN_TRAINS]


def calendar_key(link: CalendarLink) -> str:
    """Return the secret part of a person's address: who it is, and the proof."""
    secret = calendar_secret(signing_key=conf.signing_key(), user_id=link.user_id, generation=link.generation)
    return f"{link.user_id}-{secret}"


def calendar_key_of(user_id: int) -> str:
    """Return the key of a person's feed, empty before they asked for one."""
    link = CalendarLink.objects.filter(user_id=user_id).first()
    return calendar_key(link) if link else ""


def is_calendar_key(key: str) -> bool:
    """Tell whether somebody who may still look has this key."""
    who, sign, _ = key.partition("-")
    if not (sign and who.isascii() and who.isdigit() and len(who) < 10):  # noqa: PLR2004 (what fits the column)
        return False
    link = CalendarLink.objects.filter(user_id=int(who), user__is_active=True).first()
    return link is not None and hmac.compare_digest(calendar_key(link).encode(), key.encode())


def train_calendar(name: str, host: str) -> bytes:
    """Return the feed in iCalendar's form; ``host`` makes the names of its events unique in the world."""
    now = database_now()
    calendar = Calendar()
    calendar.add("prodid", "-//BookVerse Release Board//Trains//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{name} release trains")
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    trains = Train.objects.filter(departs_at__gt=now - BACK).select_related("schedule", "release")
    for train in trains:
        calendar.add_component(_departure(train, host, now))
        if train.state in _OPEN:
            calendar.add_component(_cut_off(train, host, now))
    for freeze in Freeze.objects.filter(ends_at__gt=now - BACK).select_related("stage"):
        calendar.add_component(_freeze(freeze, host, now))
    return bytes(calendar.to_ical())


def _departure(train: Train, host: str, now: datetime) -> Event:
    event = _event(f"train-{train.pk}", host, now)
    event.add("summary", f"Train {train.label} departs")
    event.add("dtstart", train.departs_at)
    event.add("dtend", train.departs_at + TAKES)
    release = f" It carries release {train.release.version}." if train.release else ""
    state = train.state.replace("_", " ")
    event.add("description", f"{train.schedule.name}, {state}. {train.message}{release}".strip())
    event.add("status", "CANCELLED" if train.state == "cancelled" else "CONFIRMED")
    return event


def _cut_off(train: Train, host: str, now: datetime) -> Event:
    event = _event(f"cut-off-{train.pk}", host, now)
    event.add("summary", f"Cut-off of train {train.label}")
    event.add("dtstart", train.cut_off_at)
    event.add("dtend", train.cut_off_at)
    event.add("transp", "TRANSPARENT")
    event.add("description", "Versions that are registered later take the next train.")
    return event


def _freeze(freeze: Freeze, host: str, now: datetime) -> Event:
    event = _event(f"freeze-{freeze.pk}", host, now)
    event.add("summary", f"{freeze.stage.name} is frozen")
    event.add("dtstart", freeze.starts_at)
    event.add("dtend", freeze.ends_at)
    event.add("description", freeze.reason)
    return event


def _event(name: str, host: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{name}@{host}")
    event.add("dtstamp", now)
    return event
