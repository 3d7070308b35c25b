"""Ready-made schedules and trains for tests: one that leaves in three days, brought as far as a test wants it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from releases.actions.timetables import ensure_schedule, keep_timetable
from releases.models import PlatformVersion, Service, ServiceVersion, Train, TrainSchedule
from releases.queries.boarding import train_set
from releases.queries.clock import database_now
from tests.factories import load_bookverse, person

DAY = timedelta(days=1)


def scheduled(name: str = "platform", *, conductor: str = "maria", **more: object) -> TrainSchedule:
    """Return a bi-weekly schedule whose first train leaves in three days, with its trains booked."""
    actor = person(conductor)
    ensure_schedule(
        name=name,
        starts_on=(datetime.now(UTC) + 3 * DAY).date(),
        departure_time=time(10),
        time_zone="Europe/Berlin",
        conductor=actor.name,
    )
    TrainSchedule.objects.filter(name=name).update(**more)
    keep_timetable()
    return TrainSchedule.objects.get(name=name)


def next_train() -> Train:
    """Return the first train of a new board, which boards."""
    if not Service.objects.exists():
        load_bookverse()
    scheduled()
    keep_timetable()
    return first_train()


def first_train() -> Train:
    return Train.objects.order_by("departs_at", "pk")[0]


def bring_forward(train: Train, by: timedelta) -> None:
    """Let a train be due that much earlier, as if time had passed; it is no train of the rule any more."""
    Train.objects.filter(pk=train.pk).update(
        departs_at=train.departs_at - by, cut_off_at=train.cut_off_at - by, is_extra=True
    )
    train.refresh_from_db()


def bring_to(train: Train, *, departs_in: timedelta) -> None:
    """Let a train be due in that time from now, or that long ago."""
    bring_forward(train, train.departs_at - datetime.now(UTC) - departs_in)


def register_after_cut_off(train: Train, service: str, version: str) -> None:
    """Make a version count as registered when the doors were closed."""
    ServiceVersion.objects.filter(service__slug=service, version=version).update(
        registered_at=train.cut_off_at + timedelta(minutes=1)
    )


def held_for_a_number() -> Train:
    """Return a departed train that is held because the number of its platform version, 2.2.0, was given away before."""
    train = next_train()
    PlatformVersion.objects.create(version="2.2.0", manifest={}, created_at=database_now())
    versions = dict(train_set(train).versions)
    Train.objects.filter(pk=train.pk).update(state="held", held_in="departed", versions=versions)
    train.refresh_from_db()
    return train


def told(train: Train) -> list[str]:
    """Return what happened to a train, in order."""
    return list(train.events.order_by("pk").values_list("text", flat=True))
