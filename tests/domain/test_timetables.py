"""When trains leave, through every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.timetables import Departure, changes, departure, local_departure, train_label
from releases.domain.versions import InvalidVersion, parse

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("Europe/Berlin", "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")]
)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(DAYS, TIMES, ZONES)
def test_the_clocks_of_the_zone_show_the_time_of_departure_or_it_is_later_by_what_they_skip(
    day: date, at: time, zone: ZoneInfo
) -> None:
    shown = local_departure(day, at, zone).astimezone(zone).replace(tzinfo=None)
    assert timedelta(0) <= shown - datetime.combine(day, at) <= timedelta(hours=2)


@given(DAYS, TIMES, ZONES)
def test_a_departure_is_later_than_asked_only_where_that_time_does_not_exist(
    day: date, at: time, zone: ZoneInfo
) -> None:
    asked = datetime.combine(day, at)
    exists = any(
        asked.replace(tzinfo=zone, fold=fold).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == asked
        for fold in (0, 1)
    )
    assert (local_departure(day, at, zone).astimezone(zone).replace(tzinfo=None) == asked) is exists


@given(DAYS, TIMES, ZONES)
def test_of_two_moments_that_the_clocks_show_alike_a_train_takes_the_first(day: date, at: time, zone: ZoneInfo) -> None:
    leaves = local_departure(day, at, zone)
    hours = [leaves - timedelta(minutes=minutes) for minutes in (30, 60, 120)]
    shown = leaves.astimezone(zone).replace(tzinfo=None)
    assert [hour for hour in hours if hour.astimezone(zone).replace(tzinfo=None) == shown] == []


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2026, 3, 28), time(10), datetime(2026, 3, 28, 9, tzinfo=UTC)),
        (date(2026, 3, 29), time(10), datetime(2026, 3, 29, 8, tzinfo=UTC)),
        (date(2026, 10, 25), time(10), datetime(2026, 10, 25, 9, tzinfo=UTC)),
        # Skipped: 02:30 is 03:30. Twice: the one in summer time.
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_ten_in_berlin_is_ten_in_berlin_summer_and_winter(day: date, at: time, utc: datetime) -> None:
    assert local_departure(day, at, BERLIN) == utc


def test_the_cut_off_is_as_long_before_the_departure_whatever_the_clocks_do() -> None:
    found = departure(date(2026, 3, 29), time(10), BERLIN, cut_off_minutes=24 * 60)
    assert found.departs_at - found.cut_off_at == timedelta(days=1)


@given(DAYS, st.sets(st.sampled_from(["2026-W48", "2026-W48-2"])))
def test_the_name_of_a_train_is_new_and_never_a_version(day: date, taken: set[str]) -> None:
    label = train_label(day, taken)
    assert label not in taken
    with pytest.raises(InvalidVersion):
        parse(label)


@pytest.mark.parametrize(
    ("day", "label"),
    [(date(2026, 11, 24), "2026-W48"), (date(2027, 1, 1), "2026-W53"), (date(2024, 12, 30), "2025-W01")],
)
def test_a_train_is_named_by_its_week_and_the_year_of_that_week(day: date, label: str) -> None:
    assert train_label(day, ()) == label


def test_further_trains_of_a_week_are_numbered() -> None:
    assert train_label(date(2026, 11, 24), {"2026-W48", "2026-W48-2"}) == "2026-W48-3"


BOOKED = st.sets(st.integers(1, 28)).map(lambda days: [departs(day) for day in sorted(days)])


def departs(day: int, hour: int = 10) -> Departure:
    at = datetime(2026, 11, day, hour, tzinfo=UTC)
    return Departure(day=at.date(), departs_at=at, cut_off_at=at)


@given(BOOKED, BOOKED)
def test_what_changes_makes_the_booked_trains_the_wanted_ones(booked: list[Departure], wanted: list[Departure]) -> None:
    found = changes(booked, wanted)
    after = {each.day: each for each in booked if each.day not in found.dropped}
    after |= {**found.moved, **{each.day: each for each in found.added}}
    assert sorted(after) == [each.day for each in wanted]


@given(BOOKED)
def test_nothing_changes_where_everything_is_as_wanted(booked: list[Departure]) -> None:
    assert changes(booked, booked).is_empty


def test_a_train_of_another_hour_is_moved_not_dropped() -> None:
    found = changes([departs(3, 10)], [departs(3, 14)])
    assert (found.added, found.moved, found.dropped) == ((), {date(2026, 11, 3): departs(3, 14)}, frozenset())
