"""Keeping the timetable: trains of every schedule some way ahead, and each of them where the clock has brought it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from releases.broadcast import publish_train_on_commit
from releases.domain import timetables
from releases.domain.lifecycle import move
from releases.domain.timetables import Changes, Departure, train_label
from releases.domain.trains import AT_STATION, TRAIN_MOVES, TrainState, state_at
from releases.models import Train, TrainEvent, TrainSchedule
from releases.queries.clock import database_now
from releases.queries.timetables import next_departures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, time

AHEAD = 4
_STATION = [state.value for state in AT_STATION]
# Past the cut-off somebody relies on when it goes.
_FREE = [TrainState.SCHEDULED.value, TrainState.BOARDING.value]

_WORDS = {
    TrainState.BOARDING.value: "is boarding: what is registered before the cut-off comes along.",
    TrainState.CUT_OFF.value: "is closed: what is registered from now on takes the next train.",
}


def keep_timetable() -> None:
    """Book what the schedules want, then let trains board and close their doors; any number of processes may."""
    now = database_now()
    if any(not _changes(schedule, now).is_empty for schedule in TrainSchedule.objects.all()):
        _book()
    if _moving(now):
        _follow_the_clock()


def locked_schedules() -> list[TrainSchedule]:
    """Lock the whole timetable: names of trains are given out once."""
    return list(TrainSchedule.objects.select_for_update().order_by("pk"))


@transaction.atomic(durable=True)
def ensure_schedule(
    *, name: str, starts_on: date, departure_time: time, time_zone: str, conductor: str, **options: bool | int
) -> bool:
    """Create a bi-weekly schedule and tell whether it is new; one of that name stays as it is."""
    defaults = {
        **options,
        "starts_on": starts_on,
        "departure_time": departure_time,
        "time_zone": time_zone,
        "conductor": User.objects.get(username=conductor),
    }
    return TrainSchedule.objects.get_or_create(name=name, defaults=defaults)[1]


def _changes(schedule: TrainSchedule, now: datetime) -> Changes:
    wanted = next_departures(schedule, now, count=AHEAD)
    # What is booked further ahead than is looked is compared when its time comes.
    last = wanted[-1].day if len(wanted) == AHEAD else date.max
    first = wanted[0].day if wanted else date.max
    coming = list(schedule.trains.filter(Q(departs_at__gt=now) | Q(day_on__gte=first)))
    free = [
        train
        for train in coming
        if train.state in _FREE and not train.is_extra and train.day_on <= last and train.departs_at > now
    ]
    # A day whose train has left, or that somebody decided about by an extra train, a hold or a cancellation, is done.
    decided = {train.day_on for train in coming} - {train.day_on for train in free}
    return timetables.changes(map(_departure, free), [each for each in wanted if each.day not in decided])


def _departure(train: Train) -> Departure:
    return Departure(day=train.day_on, departs_at=train.departs_at, cut_off_at=train.cut_off_at)


@transaction.atomic(durable=True)
def _book() -> None:
    taken = set(Train.objects.values_list("label", flat=True))
    for schedule in locked_schedules():
        now = database_now()
        found = _changes(schedule, now)
        for train in schedule.trains.filter(day_on__in=found.dropped, state__in=_FREE, is_extra=False):
            taken -= _drop(train, now)
        for train in schedule.trains.filter(day_on__in=found.moved, state__in=_FREE, is_extra=False):
            _reschedule(train, found.moved[train.day_on], now)
        for each in found.added:
            taken.add(_add(schedule, each, taken))


def _drop(train: Train, now: datetime) -> set[str]:
    """Take out a train that the schedule has no more; return the name that is free again."""
    if not train.events.exists():
        train.delete()
        return {train.label}
    train.state = move(TRAIN_MOVES, TrainState(train.state), TrainState.CANCELLED).value
    train.message, train.ended_at = "The schedule has no train on this day any more.", now
    train.save(update_fields=["state", "message", "ended_at"])
    _tell(train, now, f"was cancelled: {train.message}")
    return set()


def _reschedule(train: Train, new: Departure, now: datetime) -> None:
    train.departs_at, train.cut_off_at = new.departs_at, new.cut_off_at
    train.save(update_fields=["departs_at", "cut_off_at"])
    _tell(train, now, f"departs at {new.departs_at:%Y-%m-%d %H:%M} UTC now: its schedule was edited.")


def _add(schedule: TrainSchedule, new: Departure, taken: set[str]) -> str:
    train = Train.objects.create(
        schedule=schedule,
        label=train_label(new.day, taken),
        day_on=new.day,
        departs_at=new.departs_at,
        cut_off_at=new.cut_off_at,
        conductor_id=schedule.conductor_id,
    )
    publish_train_on_commit(label=train.label)
    return train.label


def _moving(now: datetime) -> dict[int, TrainState]:
    """Return which trains at the station the clock moves, and where to."""
    found: dict[int, TrainState] = {}
    for train, is_next in _with_next(Train.objects.filter(state__in=_STATION).order_by("departs_at", "pk")):
        state = TrainState(train.state)
        after = state_at(state, cut_off_at=train.cut_off_at, is_next=is_next, now=now)
        if after is not state:
            found[train.pk] = after
    return found


def _with_next(trains: Iterable[Train]) -> Iterable[tuple[Train, bool]]:
    seen: set[int] = set()
    for train in trains:
        yield train, train.schedule_id not in seen
        seen.add(train.schedule_id)


@transaction.atomic(durable=True)
def _follow_the_clock() -> None:
    locked_schedules()
    now = database_now()
    moving = _moving(now)
    # Looked at again in its turn: a train that somebody held meanwhile is not at the station any more.
    for train in Train.objects.select_for_update().filter(pk__in=moving, state__in=_STATION).order_by("pk"):
        train.state = move(TRAIN_MOVES, TrainState(train.state), moving[train.pk]).value
        train.save(update_fields=["state"])
        _tell(train, now, _WORDS[train.state])


def _tell(train: Train, now: datetime, text: str) -> None:
    TrainEvent.objects.create(train=train, at=now, actor="board", state=train.state, text=text)
    publish_train_on_commit(label=train.label)
