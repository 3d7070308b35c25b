from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.backoff import READING, SENDING, Backoff


def test_orders_and_messages_wait_up_to_half_a_minute() -> None:
    assert [SENDING.seconds(tries, spread=0) for tries in range(1, 9)] == [1, 2, 4, 8, 15, 30, 30, 30]


def test_what_only_has_to_be_known_some_day_waits_up_to_an_hour() -> None:
    assert [READING.seconds(tries, spread=0) for tries in (0, 1, 2, 3, 9, 99)] == [15, 15, 30, 60, 3600, 3600]


@pytest.mark.parametrize("backoff", [SENDING, READING], ids=["sending", "reading"])
@given(st.integers(0, 50), st.floats(-1, 1), st.none() | st.floats(0, 3600))
def test_a_wait_is_scattered_by_a_fifth_and_never_shorter_than_asked_for(
    backoff: Backoff, tries: int, spread: float, asked: float | None
) -> None:
    usual = backoff.seconds(tries, spread=0)

    delay = backoff.seconds(tries, spread=spread, retry_after=asked)

    assert delay >= (asked or 0)
    assert usual * 0.79 <= delay <= max(usual * 1.21, asked or 0)
