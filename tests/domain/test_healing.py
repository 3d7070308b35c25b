"""What may be tried again without a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from releases.domain.aggregation import Reason
from releases.domain.healing import is_due, why_not_heal

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize("reason", ["undeliverable", "connection_closed", "deadline", "silent"])
def test_what_got_lost_may_be_asked_again(reason: str) -> None:
    assert why_not_heal([(reason, 1)], tries=2) == ""


@pytest.mark.parametrize("reason", [Reason.REPORTED, Reason.REFUSED, Reason.OPERATOR, Reason.UNCHANGED])
def test_what_somebody_decided_is_left_to_people_with_everything_beside_it(reason: Reason) -> None:
    assert why_not_heal([("deadline", 1), (reason, 1)], tries=2) == "A service said itself that it failed."


@pytest.mark.parametrize(("attempt", "refused"), [(1, False), (2, False), (3, True)])
def test_tries_are_counted(attempt: int, refused: bool) -> None:  # noqa: FBT001
    assert bool(why_not_heal([("silent", attempt)], tries=2)) is refused


def test_where_nothing_failed_nothing_is_tried() -> None:
    assert why_not_heal([], tries=2) == "Nothing failed."


@pytest.mark.parametrize(("attempt", "wait_s"), [(1, 5), (2, 10), (3, 20)])
def test_each_attempt_waits_longer(attempt: int, wait_s: int) -> None:
    due = NOW + timedelta(seconds=wait_s)

    assert (is_due(NOW, attempt, due), is_due(NOW, attempt, due - timedelta(milliseconds=1))) == (True, False)
