"""Recurrence rules: which days they name, and which rules are refused with what words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.errors import InvalidInput
from releases.models import TrainSchedule
from releases.queries.timetables import checked_recurrence, known_zone, next_days, next_departures

START = date(2026, 11, 24)
RULES = st.builds(
    "FREQ={};INTERVAL={}".format, st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]), st.integers(1, 5)
) | st.sampled_from(["FREQ=MONTHLY;BYDAY=1TU", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"])

MOMENTS = st.integers(0, 4 * 365 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


def schedule(**more: object) -> TrainSchedule:
    fields = {"starts_on": START, "departure_time": time(10), "time_zone": "Europe/Berlin", **more}
    return TrainSchedule(**fields)


def test_every_second_week_is_what_a_schedule_does_by_default() -> None:
    rule = TrainSchedule._meta.get_field("recurrence").default
    assert next_days(rule, START, START, 3) == (START, date(2026, 12, 8), date(2026, 12, 22))


@given(RULES, st.integers(0, 900), st.integers(1, 6))
def test_days_rise_and_do_not_depend_on_when_one_looks(rule: str, after: int, count: int) -> None:
    first = START + timedelta(days=after)
    days = next_days(rule, START, first, count)
    assert (sorted(set(days)), len(days)) == (list(days), count)
    assert next_days(rule, START, days[-1], 1) == (days[-1],)
    assert days[0] >= first


@given(RULES, MOMENTS, st.sampled_from(["Europe/Berlin", "UTC"]))
def test_every_departure_is_at_ten_by_the_clocks_of_its_zone(rule: str, now: datetime, zone: str) -> None:
    found = next_departures(schedule(recurrence=rule, time_zone=zone), now, count=4)
    local = [each.departs_at.astimezone(ZoneInfo(zone)) for each in found]
    assert [(moment.time(), moment.date()) for moment in local] == [(time(10), each.day) for each in found]
    assert len(found) == 4


def test_a_train_keeps_its_local_time_when_the_clocks_change() -> None:
    weekly = schedule(recurrence="FREQ=WEEKLY", starts_on=date(2026, 3, 24))
    found = next_departures(weekly, datetime(2026, 3, 24, tzinfo=UTC), count=2)
    assert [each.departs_at.isoformat() for each in found] == ["2026-03-24T09:00:00+00:00", "2026-03-31T08:00:00+00:00"]


def test_today_counts_until_the_time_of_departure() -> None:
    daily = schedule(recurrence="FREQ=DAILY")
    days = [
        next_departures(daily, datetime(2026, 11, 25, hour, tzinfo=UTC), count=1)[0].day.isoformat() for hour in (8, 9)
    ]
    assert days == ["2026-11-25", "2026-11-26"]


def test_a_schedule_that_is_not_active_has_no_trains() -> None:
    assert next_departures(schedule(active=False), datetime(2026, 11, 24, tzinfo=UTC), count=4) == ()


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=2", (START, date(2026, 11, 25))),
        ("FREQ=DAILY;UNTIL=20261125", (START, date(2026, 11, 25))),
        ("rrule:freq=weekly;count=1", (START,)),
    ],
)
def test_a_rule_may_end(rule: str, days: tuple[date, ...]) -> None:
    assert next_days(rule, START, START, 9) == days


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", "“” is no part of a recurrence rule; write NAME=VALUE, separated by semicolons."),
        ("every second week", ("“EVERY SECOND WEEK” is no part of a recurrence rule; write NAME=VALUE, separated by "
         "semicolons.")),
        ("FREQ=HOURLY", "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY."),
        ("INTERVAL=2", "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY."),
        ("FREQ=DAILY;BYHOUR=3", ("BYHOUR cannot be used here: the rule names days, and the time of departure is a "
         "field.")),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is a whole number from 1 to 1000."),
        ("FREQ=DAILY;COUNT=x", "COUNT is a whole number from 1 to 10000."),
        ("FREQ=DAILY;COUNT=2;UNTIL=20271231", "COUNT and UNTIL exclude each other."),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL is a day, like 20271231."),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ is there twice."),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "No day within 800 days of 2026-11-24 follows this rule."),
        ("FREQ=DAILY;UNTIL=20200101", "No day within 800 days of 2026-11-24 follows this rule."),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_followed_is_refused_with_what_is_wrong(rule: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_recurrence(rule, START)
    assert (refusal.value.field, refusal.value.message) == ("recurrence", words)


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;BYDAY=XX", "FREQ=MONTHLY;BYMONTHDAY=99", "FREQ=DAILY;WKST=9"])
def test_a_rule_of_nonsense_is_refused(rule: str) -> None:
    with pytest.raises(InvalidInput):
        checked_recurrence(rule, START)


@pytest.mark.parametrize("name", ["", "Berlin", "../../etc/passwd", "Europe/Berlin\x00"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        known_zone(name)
