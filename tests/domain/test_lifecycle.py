"""Which state may follow which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.errors import Conflict
from releases.domain.lifecycle import (
    CLOSED_SLOTS,
    DONE_SLOTS,
    OPEN_PROMOTIONS,
    OPEN_RELEASES,
    OPEN_SLOTS,
    PROMOTION_MOVES,
    RELEASE_MOVES,
    RETRYABLE_SLOTS,
    SESSION_MOVES,
    SLOT_MOVES,
    STEP_MOVES,
    IllegalTransition,
    PromotionState,
    ReleaseState,
    SessionState,
    SlotState,
    is_at_rest,
    move,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

TABLES: dict[str, tuple[Mapping[Any, frozenset[Any]], type[StrEnum]]] = {
    "slot": (SLOT_MOVES, SlotState),
    "step": (STEP_MOVES, SlotState),
    "session": (SESSION_MOVES, SessionState),
    "promotion": (PROMOTION_MOVES, PromotionState),
    "release": (RELEASE_MOVES, ReleaseState),
}
EACH = pytest.mark.parametrize("table", TABLES)


@EACH
def test_a_table_speaks_of_every_state(table: str) -> None:
    moves, states = TABLES[table]

    assert set(moves) == set(states)


@EACH
def test_no_state_follows_itself(table: str) -> None:
    moves, _ = TABLES[table]

    assert [state for state, following in moves.items() if state in following] == []


@EACH
def test_every_state_can_be_reached(table: str) -> None:
    moves, states = TABLES[table]
    reached = {next(iter(states))}
    while more := {following for state in reached for following in moves[state]} - reached:
        reached |= more

    assert reached == set(states)


@pytest.mark.parametrize(
    ("table", "final"),
    [
        ("slot", CLOSED_SLOTS),
        ("step", {SlotState.SUCCEEDED, SlotState.SKIPPED, SlotState.CANCELLED}),
        ("session", set(SessionState) - {SessionState.RUNNING}),
        ("promotion", set(PromotionState) - OPEN_PROMOTIONS),
        ("release", set(ReleaseState) - OPEN_RELEASES),
    ],
)
def test_closed_states_are_final(table: str, final: set[StrEnum]) -> None:
    moves, _ = TABLES[table]

    assert {state for state, following in moves.items() if not following} == final


@pytest.mark.parametrize("state", sorted(OPEN_SLOTS))
def test_an_open_slot_may_hear_any_result(state: SlotState) -> None:
    results = {SlotState.SUCCEEDED, SlotState.FAILED, SlotState.REJECTED, SlotState.TIMED_OUT, SlotState.CANCELLED}

    assert results <= SLOT_MOVES[state]


@pytest.mark.parametrize("state", sorted(RETRYABLE_SLOTS))
def test_a_step_that_failed_can_be_retried_skipped_accepted_or_cancelled(state: SlotState) -> None:
    assert STEP_MOVES[state] == {SlotState.PENDING, SlotState.SKIPPED, SlotState.SUCCEEDED, SlotState.CANCELLED}


@pytest.mark.parametrize("state", sorted(RETRYABLE_SLOTS))
def test_a_slot_that_failed_stays_as_it_is(state: SlotState) -> None:
    assert SLOT_MOVES[state] == set()


def test_slots_are_open_or_closed_and_only_closed_ones_are_done_or_retryable() -> None:
    assert set(SlotState) == OPEN_SLOTS | CLOSED_SLOTS
    assert OPEN_SLOTS & CLOSED_SLOTS == DONE_SLOTS & RETRYABLE_SLOTS == frozenset()
    assert CLOSED_SLOTS - {SlotState.CANCELLED} == DONE_SLOTS | RETRYABLE_SLOTS


def test_no_slot_goes_back() -> None:
    order = [SlotState.PENDING, SlotState.DISPATCHED, SlotState.ACCEPTED, SlotState.IN_PROGRESS]

    backwards = [
        (later, earlier)
        for number, later in enumerate(order)
        for earlier in order[:number]
        if earlier in SLOT_MOVES[later]
    ]

    assert backwards == []


@given(st.sampled_from(list(SlotState)), st.sampled_from(list(SlotState)))
def test_a_move_is_in_the_table_or_refused(current: SlotState, target: SlotState) -> None:
    if target in SLOT_MOVES[current]:
        assert move(SLOT_MOVES, current, target) is target
    else:
        with pytest.raises(IllegalTransition) as refusal:
            move(SLOT_MOVES, current, target)
        assert (refusal.value.current, refusal.value.target) == (current, target)


def test_a_refused_move_says_what_cannot_be() -> None:
    with pytest.raises(Conflict, match="timed out cannot become in progress") as refusal:
        move(SLOT_MOVES, SlotState.TIMED_OUT, SlotState.IN_PROGRESS)

    assert refusal.value.code == "illegal-state"


@pytest.mark.parametrize(
    ("promotion", "slots", "expected"),
    [
        ("running", "succeeded", False),
        ("succeeded", "succeeded", True),
        ("cancelled", "cancelled", True),
        ("held", "failed succeeded", True),
        ("held", "failed in_progress", False),
        ("held", "failed pending", False),
        ("paused", "succeeded", True),
        ("paused", "succeeded pending", True),
        ("paused", "accepted pending", False),
        ("paused", "dispatched", False),
    ],
)
def test_a_promotion_is_at_rest_when_nothing_moves_by_itself(promotion: str, slots: str, *, expected: bool) -> None:
    states = [SlotState(state) for state in slots.split()]

    assert is_at_rest(PromotionState(promotion), states) is expected
