"""Trains: their states, their eight phases, and what may be done with one now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class TrainState(StrEnum):
    """One train, from the timetable to its arrival."""

    SCHEDULED = "scheduled"
    BOARDING = "boarding"
    CUT_OFF = "cut_off"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    HELD = "held"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TrainPhase(StrEnum):
    """What a departed train goes through, in this order."""

    COLLECTION = "collection"
    DETERMINATION = "determination"
    COMPATIBILITY = "compatibility"
    BUILD = "build"
    TESTING = "testing"
    PROMOTIONS = "promotions"
    PRODUCTION = "production"
    MONITORING = "monitoring"


class TrainStepState(StrEnum):
    """One phase of one train; ``waiting`` is for a person or a gate, and the message says for which."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    NOT_CONFIGURED = "not_configured"
    FAILED = "failed"
    CANCELLED = "cancelled"


AT_STATION = frozenset({TrainState.SCHEDULED, TrainState.BOARDING, TrainState.CUT_OFF})
OPEN_TRAINS = AT_STATION | {TrainState.DEPARTED, TrainState.HELD}
OPEN_STEPS = frozenset({TrainStepState.RUNNING, TrainStepState.WAITING})
PASSED_STEPS = frozenset({TrainStepState.SUCCEEDED, TrainStepState.NOT_CONFIGURED})
# A board that was away for longer must not surprise anybody with a train that they have forgotten.
LATEST_DEPARTURE = timedelta(hours=1)

_AFTER_HOLD = AT_STATION | {TrainState.DEPARTED, TrainState.CANCELLED, TrainState.FAILED}
TRAIN_MOVES: Mapping[TrainState, frozenset[TrainState]] = {
    TrainState.SCHEDULED: frozenset(
        {TrainState.BOARDING, TrainState.CUT_OFF, TrainState.DEPARTED, TrainState.HELD, TrainState.CANCELLED}
    ),
    TrainState.BOARDING: frozenset(
        {TrainState.CUT_OFF, TrainState.DEPARTED, TrainState.HELD, TrainState.CANCELLED},
    ),
    TrainState.CUT_OFF: frozenset({TrainState.DEPARTED, TrainState.HELD, TrainState.CANCELLED}),
    TrainState.DEPARTED: frozenset({TrainState.ARRIVED, TrainState.HELD, TrainState.FAILED, TrainState.CANCELLED}),
    TrainState.HELD: frozenset(_AFTER_HOLD),
    TrainState.ARRIVED: frozenset(),
    TrainState.FAILED: frozenset(),
    TrainState.CANCELLED: frozenset(),
}

# What these leave behind is taken back when a later phase, or they themselves, fail; the others leave nothing.
UNDONE_PHASES = frozenset(
    {
        TrainPhase.COMPATIBILITY,
        TrainPhase.BUILD,
        TrainPhase.TESTING,
        TrainPhase.PROMOTIONS,
        TrainPhase.PRODUCTION,
    }
)

_STEP_ENDS = PASSED_STEPS | {TrainStepState.FAILED, TrainStepState.CANCELLED}
TRAIN_STEP_MOVES: Mapping[TrainStepState, frozenset[TrainStepState]] = {
    TrainStepState.PENDING: frozenset({TrainStepState.RUNNING, TrainStepState.CANCELLED}),
    TrainStepState.RUNNING: _STEP_ENDS | {TrainStepState.WAITING},
    TrainStepState.WAITING: _STEP_ENDS | {TrainStepState.RUNNING},
    **{state: frozenset() for state in _STEP_ENDS},
}


class Course(StrEnum):
    """How a phase goes on after a look at it."""

    DONE = "done"
    WAIT = "wait"
    FAIL = "fail"
    CANCEL = "cancel"
    NOT_CONFIGURED = "not_configured"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a look at a phase led to, in a sentence.

    A wait that is ``told`` is for somebody or something else than the work itself, and is worth a line in the train's
    history; ``may_pass`` lets the train go on without the phase.
    """

    course: Course
    message: str
    told: bool = False
    may_pass: bool = False


def done(message: str) -> Outcome:
    return Outcome(course=Course.DONE, message=message)


def wait(message: str, *, told: bool = False) -> Outcome:
    return Outcome(course=Course.WAIT, message=message, told=told)


def fail(message: str) -> Outcome:
    return Outcome(course=Course.FAIL, message=message)


def give_up(message: str) -> Outcome:
    """Nothing went wrong, but the train goes no further."""
    return Outcome(course=Course.CANCEL, message=message)


def hold(message: str) -> Outcome:
    """Only a person can say how it goes on, so the train is held for one."""
    return Outcome(course=Course.HOLD, message=message)


def not_configured(message: str, *, may_pass: bool) -> Outcome:
    return Outcome(course=Course.NOT_CONFIGURED, message=message, may_pass=may_pass)


def why_not_depart(label: str, state: TrainState) -> str:
    """Return as a sentence why a train may not depart; empty when it may, as with every refusal here."""
    if state is TrainState.HELD:
        return f"Train {label} is held: resume it first."
    return "" if state in AT_STATION else f"Train {label} has already {_word(state)}."


def why_not_hold(label: str, state: TrainState) -> str:
    if state is TrainState.HELD:
        return f"Train {label} is already held."
    return "" if state in OPEN_TRAINS else f"Train {label} has already {_word(state)}."


def why_not_resume(label: str, state: TrainState) -> str:
    return "" if state is TrainState.HELD else f"Train {label} is not held, but {state.replace('_', ' ')}."


def why_not_choose_number(label: str, state: TrainState, *, is_asked: bool) -> str:
    if refusal := why_not_resume(label, state):
        return refusal
    return "" if is_asked else f"Train {label} is not held for the number of its platform version."


def why_not_cancel(label: str, state: TrainState) -> str:
    return "" if state in OPEN_TRAINS else f"Train {label} has already {_word(state)}."


def why_not_by_itself(departs_at: datetime, now: datetime) -> str:
    """Return why a train that is due must wait for somebody: nobody was there when it should have left."""
    if now - departs_at <= LATEST_DEPARTURE:
        return ""
    return "The board was away at its departure. Resume it to let it depart now, or cancel it."


def state_at(state: TrainState, *, cut_off_at: datetime, is_next: bool, now: datetime) -> TrainState:
    """Return where the clock has brought a train that stands at the station; only the next of a schedule boards."""
    if state in {TrainState.SCHEDULED, TrainState.BOARDING} and cut_off_at <= now:
        return TrainState.CUT_OFF
    if state is TrainState.SCHEDULED and is_next:
        return TrainState.BOARDING
    return state


def _word(state: TrainState) -> str:
    return {TrainState.CANCELLED: "been cancelled"}.get(state, state.value)
