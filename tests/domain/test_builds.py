"""What a report of the build system is worth."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.aggregation import CallbackStatus
from releases.domain.builds import BUILD_MOVES, OPEN_BUILDS, BuildState, Reading, read_report, reported_state
from releases.domain.lifecycle import move

REPORTS = st.lists(st.tuples(st.sampled_from(CallbackStatus), st.integers(0, 5) | st.none()), max_size=10)


def test_what_has_ended_stays_so() -> None:
    assert {state for state in BuildState if not BUILD_MOVES[state]} == set(BuildState) - OPEN_BUILDS


@given(REPORTS)
def test_whatever_is_reported_in_whatever_order_the_first_result_counts(
    reports: list[tuple[CallbackStatus, int | None]],
) -> None:
    states, seen = [BuildState.DISPATCHED], None
    for status, sequence in reports:
        if read_report(states[-1], status, sequence=sequence, seen=seen) is Reading.APPLIED:
            after = reported_state(status)
            states.append(after if after is states[-1] else move(BUILD_MOVES, states[-1], after))
            seen = seen if sequence is None else sequence
    ended = [state for state in states if state not in OPEN_BUILDS]
    assert len(set(ended)) <= 1
    assert all(later in BUILD_MOVES[earlier] or later is earlier for earlier, later in pairwise(states))


@pytest.mark.parametrize(
    ("state", "status", "sequence", "seen", "reading"),
    [
        ("pending", "succeeded", None, None, "applied"),
        ("dispatched", "accepted", 1, None, "applied"),
        ("in_progress", "progress", 3, 2, "applied"),
        ("in_progress", "progress", 2, 2, "duplicate"),
        ("in_progress", "progress", 1, 2, "out_of_order"),
        ("in_progress", "accepted", None, None, "out_of_order"),
        ("succeeded", "succeeded", 9, 2, "duplicate"),
        ("succeeded", "failed", None, None, "late"),
        ("timed_out", "succeeded", None, None, "late"),
        ("cancelled", "progress", None, None, "late"),
    ],
)
def test_a_report_is_weighed_against_what_is_known(
    state: str, status: str, sequence: int | None, seen: int | None, reading: str
) -> None:
    found = read_report(BuildState(state), CallbackStatus(status), sequence=sequence, seen=seen)
    assert found.value == reading
