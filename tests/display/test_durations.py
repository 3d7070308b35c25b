from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from releases.display.durations import age, duration, epoch_ms, share


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-3), "0s"),
        (timedelta(milliseconds=999), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(seconds=64), "1m 04s"),
        (timedelta(hours=2, minutes=5), "2h 05m"),
        (timedelta(days=3, hours=4), "3d 04h"),
    ],
)
def test_a_duration_names_its_two_largest_units(span: timedelta, text: str) -> None:
    assert duration(span) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=5), "5 hours"),
        (timedelta(days=13, hours=7), "13 days"),
    ],
)
def test_an_age_names_its_largest_unit(span: timedelta, text: str) -> None:
    assert age(span) == text


@pytest.mark.parametrize(
    ("used", "total", "text"),
    [(4, 27, "4 / 27 s"), (64, 120, "64 / 120 s"), (64, 300, "1m 04s / 5m 00s")],
)
def test_a_share_of_a_short_limit_counts_seconds(used: int, total: int, text: str) -> None:
    assert share(timedelta(seconds=used), timedelta(seconds=total)) == text


def test_a_moment_is_counted_in_milliseconds_since_1970() -> None:
    assert epoch_ms(datetime(1970, 1, 1, 0, 0, 1, 250_000, tzinfo=UTC)) == 1250
