"""The timetable keeps itself: trains some way ahead, moved with their schedule, boarding and closing by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from releases.actions.timetables import AHEAD, keep_timetable
from releases.actions.trains import cancel_train
from releases.models import Train, TrainSchedule
from releases.queries.timetables import next_departures
from tests.factories import person
from tests.trains import bring_forward, first_train, next_train, scheduled, told

if TYPE_CHECKING:
    from datetime import date

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def days() -> list[date]:
    return list(Train.objects.order_by("departs_at").values_list("day_on", flat=True))


def test_the_next_trains_of_a_schedule_are_booked_once() -> None:
    schedule = scheduled()
    keep_timetable()
    wanted = next_departures(schedule, datetime.now(UTC), count=AHEAD)
    booked = [
        (train.day_on, train.departs_at, train.cut_off_at, train.conductor.username) for train in Train.objects.all()
    ]
    assert booked == [(each.day, each.departs_at, each.cut_off_at, "maria") for each in wanted]


def test_trains_of_the_same_week_have_names_of_their_own() -> None:
    scheduled("first")
    scheduled("second")
    labels = list(Train.objects.values_list("label", flat=True))
    assert (len(labels), len(set(labels))) == (2 * AHEAD, 2 * AHEAD)
    assert first_train().label + "-2" in labels


def test_only_the_next_train_of_each_schedule_boards() -> None:
    scheduled("first")
    scheduled("second")
    keep_timetable()
    boarding = Train.objects.filter(state="boarding").order_by("schedule__name")
    assert [(train.schedule.name, train.day_on) for train in boarding] == [
        ("first", days()[0]),
        ("second", days()[0]),
    ]
    assert Train.objects.filter(state="scheduled").count() == 2 * (AHEAD - 1)


def test_the_doors_close_at_the_cut_off_and_the_train_says_so() -> None:
    train = next_train()
    bring_forward(train, train.cut_off_at - datetime.now(UTC) + timedelta(seconds=1))
    keep_timetable()
    train.refresh_from_db()
    assert (train.state, told(train)) == (
        "cut_off",
        [
            "is boarding: what is registered before the cut-off comes along.",
            "is closed: what is registered from now on takes the next train.",
        ],
    )


def test_an_edit_of_the_hour_moves_the_trains_and_keeps_their_names() -> None:
    schedule = scheduled()
    before = list(Train.objects.values_list("label", flat=True))
    TrainSchedule.objects.update(departure_time=time(16, 30), cut_off_minutes=60)
    keep_timetable()
    schedule.refresh_from_db()
    after = list(Train.objects.order_by("departs_at"))
    assert [train.label for train in after] == before
    wanted = next_departures(schedule, datetime.now(UTC), count=AHEAD)
    assert [(train.departs_at, train.cut_off_at) for train in after] == [
        (each.departs_at, each.cut_off_at) for each in wanted
    ]


def test_an_edit_of_the_rule_takes_trains_out_that_nobody_saw_and_cancels_the_one_that_boards() -> None:
    schedule = scheduled()
    keep_timetable()
    first = first_train()
    TrainSchedule.objects.update(starts_on=schedule.starts_on + DAY)
    keep_timetable()
    first.refresh_from_db()
    assert (first.state, first.message) == ("cancelled", "The schedule has no train on this day any more.")
    assert Train.objects.count() == 1 + AHEAD


def test_a_schedule_that_rests_has_no_trains() -> None:
    scheduled()
    TrainSchedule.objects.update(active=False)
    keep_timetable()
    assert [train.state for train in Train.objects.exclude(state="cancelled")] == []


def test_a_train_that_somebody_cancelled_does_not_come_back() -> None:
    train = next_train()
    cancel_train(actor=person(), label=train.label, reason="holidays")
    keep_timetable()
    same_day = Train.objects.filter(day_on=train.day_on)
    assert [each.state for each in same_day] == ["cancelled"]


def test_a_rule_that_ends_has_no_further_trains() -> None:
    scheduled(recurrence="FREQ=DAILY;COUNT=2")
    keep_timetable()
    assert Train.objects.exclude(state="cancelled").count() == 2


def test_a_day_whose_train_has_left_gets_no_other_when_the_hour_is_edited() -> None:
    train = next_train()
    gone = datetime.now(UTC) - DAY
    Train.objects.filter(pk=train.pk).update(state="departed", departs_at=gone, cut_off_at=gone)
    keep_timetable()
    assert Train.objects.filter(day_on=train.day_on).count() == 1
