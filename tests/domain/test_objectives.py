"""Objectives: what was attained, and how much of the allowed bad is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from releases.domain.health import Health
from releases.domain.objectives import Measure, Objective, available_seconds

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


@pytest.mark.parametrize(
    ("good", "total", "status", "left"),
    [
        (100, 100, Health.HEALTHY, 1.0),
        (99.5, 100, Health.HEALTHY, 0.5),
        (99, 100, Health.HEALTHY, 0.0),
        (98, 100, Health.UNHEALTHY, -1.0),
    ],
)
def test_a_budget_is_used_by_what_was_bad(good: float, total: float, status: Health, left: float) -> None:
    measure = Measure(objective=Objective.DELIVERIES, good=good, total=total)

    assert measure.status is status
    assert measure.budget_left == pytest.approx(left)


def test_of_nothing_nothing_is_said() -> None:
    measure = Measure(objective=Objective.STEPS, good=0, total=0)

    assert (measure.status, measure.attained, measure.budget_left) == (Health.UNKNOWN, None, None)


def test_only_time_of_which_something_is_known_counts_and_only_within_the_period() -> None:
    spans = [
        ("HEALTHY", hours(-2), hours(1)),
        ("UNHEALTHY", hours(1), hours(2)),
        ("UNKNOWN", hours(2), hours(3)),
        ("DEGRADED", hours(4), hours(9)),
        ("HEALTHY", hours(11), hours(12)),
    ]

    assert available_seconds(spans, since=NOON, until=hours(6)) == (3 * 3600, 4 * 3600)
