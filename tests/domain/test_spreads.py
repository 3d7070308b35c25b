"""Spans that nobody knows for sure, and what comes of several of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.spreads import NONE, POINTS, evenly, longest, one_after_the_other, reached_by

lengths = st.lists(st.integers(0, 100_000), min_size=1, max_size=20)


def test_the_last_of_two_that_begin_together_is_rarely_early() -> None:
    assert longest([evenly([1, 3]), evenly([2, 3])]) == ((2.0, 0.25), (3.0, 0.75))


def test_two_that_follow_each_other_take_the_sum() -> None:
    assert one_after_the_other(evenly([1, 2]), evenly([10, 20])) == ((11, 0.25), (12, 0.25), (21, 0.25), (22, 0.25))


def test_a_share_is_reached_by_the_smallest_length_that_covers_it() -> None:
    ten = evenly(range(1, 11))

    assert [reached_by(ten, share) for share in (0.1, 0.5, 0.51, 0.9, 1.0)] == [1, 5, 6, 9, 10]


@given(lengths, lengths)
def test_many_lengths_are_told_by_few_without_becoming_longer_or_shorter(first: list[int], second: list[int]) -> None:
    both = one_after_the_other(evenly(first), evenly(second))

    assert len(both) <= max(POINTS + 1, 1)
    assert sum(weight for _, weight in both) == pytest.approx(1)
    mean = sum(length * weight for length, weight in both)
    assert mean == pytest.approx(sum(first) / len(first) + sum(second) / len(second))
    assert [length for length, _ in both] == sorted(length for length, _ in both)


@given(st.lists(lengths, min_size=1, max_size=5))
def test_waiting_for_more_services_never_takes_less(services: list[list[int]]) -> None:
    spreads = [evenly(each) for each in services]

    for share in (0.5, 0.9):
        assert reached_by(longest(spreads), share) >= max(reached_by(spread, share) for spread in spreads)


def test_nothing_takes_no_time() -> None:
    assert one_after_the_other(NONE, evenly([7])) == ((7.0, 1.0),)
