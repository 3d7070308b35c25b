"""What may be done with a train in each state, and where the clock brings it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from releases.domain.lifecycle import IllegalTransition, move
from releases.domain.trains import (
    AT_STATION,
    OPEN_TRAINS,
    TRAIN_MOVES,
    TRAIN_STEP_MOVES,
    TrainState,
    TrainStepState,
    state_at,
    why_not_by_itself,
    why_not_cancel,
    why_not_depart,
    why_not_hold,
    why_not_resume,
)

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_what_has_ended_stays_so() -> None:
    ended = set(TrainState) - OPEN_TRAINS
    assert {state: TRAIN_MOVES[state] for state in ended} == dict.fromkeys(ended, frozenset())


@pytest.mark.parametrize(("current", "target"), list(product(TrainState, TrainState)))
def test_a_train_moves_only_along_its_table(current: TrainState, target: TrainState) -> None:
    if target in TRAIN_MOVES[current]:
        assert move(TRAIN_MOVES, current, target) is target
    else:
        with pytest.raises(IllegalTransition):
            move(TRAIN_MOVES, current, target)


def test_every_train_that_may_be_held_may_be_taken_up_again_where_it_was() -> None:
    holdable = {state for state in TrainState if not why_not_hold("2026-W48", state)}
    assert {state for state in holdable if TrainState.HELD not in TRAIN_MOVES[state]} == set()
    assert holdable - TRAIN_MOVES[TrainState.HELD] == set()


def test_each_act_is_possible_exactly_where_the_table_lets_it_lead() -> None:
    acts = {
        TrainState.DEPARTED: (why_not_depart, AT_STATION),
        TrainState.HELD: (why_not_hold, OPEN_TRAINS - {TrainState.HELD}),
        TrainState.CANCELLED: (why_not_cancel, OPEN_TRAINS),
    }
    for why_not, possible in acts.values():
        assert {state for state in TrainState if not why_not("2026-W48", state)} == possible
    assert {state for state in TrainState if not why_not_resume("2026-W48", state)} == {TrainState.HELD}


def test_every_no_is_a_sentence_that_names_the_train() -> None:
    said = {why(label, state) for why in (why_not_depart, why_not_hold, why_not_cancel, why_not_resume)
            for label in ("2026-W48",) for state in TrainState} - {""}  # fmt: skip
    assert [text for text in said if not (text.startswith("Train 2026-W48 ") and text.endswith("."))] == []


def test_a_step_that_has_ended_stays_so() -> None:
    ended = [state for state in TrainStepState if not TRAIN_STEP_MOVES[state]]
    assert ended == ["succeeded", "not_configured", "failed", "cancelled"]


@pytest.mark.parametrize(
    ("state", "cut_off_in", "is_next", "after"),
    [
        ("scheduled", HOUR, False, "scheduled"),
        ("scheduled", HOUR, True, "boarding"),
        ("scheduled", -HOUR, False, "cut_off"),
        ("boarding", HOUR, True, "boarding"),
        ("boarding", timedelta(0), True, "cut_off"),
        ("cut_off", -HOUR, True, "cut_off"),
    ],
)
def test_the_clock_opens_and_closes_the_doors(state: str, cut_off_in: timedelta, is_next: bool, after: str) -> None:  # noqa: FBT001
    found = state_at(TrainState(state), cut_off_at=NOW + cut_off_in, is_next=is_next, now=NOW)
    assert found.value == after


@pytest.mark.parametrize(("late", "goes"), [(timedelta(0), True), (HOUR, True), (HOUR * 1.01, False)])
def test_a_train_that_nobody_saw_off_in_time_waits_for_somebody(late: timedelta, goes: bool) -> None:  # noqa: FBT001
    assert (why_not_by_itself(NOW - late, NOW) == "") is goes
