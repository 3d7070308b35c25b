"""Which state may follow which: the one table that every change of state goes through."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from releases.domain.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ReleaseState(StrEnum):
    """One attempt to bring a platform version through the stages."""

    PLANNED = "planned"
    PROMOTING = "promoting"
    HELD = "held"
    PAUSED = "paused"
    WAITING = "waiting"
    RELEASED = "released"
    CANCELLED = "cancelled"


class PromotionState(StrEnum):
    """One release in one stage."""

    RUNNING = "running"
    HELD = "held"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


class OnFailure(StrEnum):
    """What follows by itself when a service of a promotion fails."""

    HOLD = "hold"
    """A person decides."""
    ROLL_BACK = "roll_back"
    """The stage goes back to the last set that ran verified together."""
    LEAVE = "leave"
    """What failed is left as it is and named, so that everything else still goes back."""


class SessionState(StrEnum):
    """One fan-out: closed exactly once, with one summary."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


class SlotState(StrEnum):
    """One dispatch, and so its step: what the board knows of one attempt at one service."""

    PENDING = "pending"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


OPEN_SLOTS = frozenset({SlotState.PENDING, SlotState.DISPATCHED, SlotState.ACCEPTED, SlotState.IN_PROGRESS})
CLOSED_SLOTS = frozenset(SlotState) - OPEN_SLOTS
DONE_SLOTS = frozenset({SlotState.SUCCEEDED, SlotState.SKIPPED})
RETRYABLE_SLOTS = frozenset({SlotState.FAILED, SlotState.REJECTED, SlotState.TIMED_OUT})

OPEN_PROMOTIONS = frozenset({PromotionState.RUNNING, PromotionState.HELD, PromotionState.PAUSED})
OPEN_RELEASES = frozenset(ReleaseState) - {ReleaseState.RELEASED, ReleaseState.CANCELLED}

_ENDED = frozenset(
    {
        SlotState.SUCCEEDED,
        SlotState.FAILED,
        SlotState.REJECTED,
        SlotState.TIMED_OUT,
        SlotState.CANCELLED,
    },
)

_DECIDED = frozenset({SlotState.PENDING, SlotState.SKIPPED, SlotState.SUCCEEDED, SlotState.CANCELLED})

SLOT_MOVES: Mapping[SlotState, frozenset[SlotState]] = {
    # A service may answer faster than we write, so a pending slot may already hear any result.
    SlotState.PENDING: _ENDED | {SlotState.DISPATCHED, SlotState.ACCEPTED, SlotState.IN_PROGRESS, SlotState.SKIPPED},
    SlotState.DISPATCHED: _ENDED | {SlotState.ACCEPTED, SlotState.IN_PROGRESS},
    SlotState.ACCEPTED: _ENDED | {SlotState.IN_PROGRESS},
    SlotState.IN_PROGRESS: _ENDED,
    SlotState.SUCCEEDED: frozenset(),
    SlotState.FAILED: frozenset(),
    SlotState.REJECTED: frozenset(),
    SlotState.TIMED_OUT: frozenset(),
    SlotState.SKIPPED: frozenset(),
    SlotState.CANCELLED: frozenset(),
}

STEP_MOVES: Mapping[SlotState, frozenset[SlotState]] = {
    **SLOT_MOVES,
    # A step outlives its attempts: a retry asks again, a skip decides that nobody needs to, and a success that came
    # too late may be accepted. The slot of the attempt stays closed as it was.
    SlotState.FAILED: _DECIDED,
    SlotState.REJECTED: _DECIDED,
    SlotState.TIMED_OUT: _DECIDED,
}

SESSION_MOVES: Mapping[SessionState, frozenset[SessionState]] = {
    SessionState.RUNNING: frozenset(SessionState) - {SessionState.RUNNING},
    SessionState.SUCCEEDED: frozenset(),
    SessionState.PARTIAL: frozenset(),
    SessionState.FAILED: frozenset(),
    SessionState.TIMED_OUT: frozenset(),
    SessionState.CANCELLED: frozenset(),
}

PROMOTION_MOVES: Mapping[PromotionState, frozenset[PromotionState]] = {
    PromotionState.RUNNING: frozenset(PromotionState) - {PromotionState.RUNNING},
    PromotionState.HELD: frozenset({PromotionState.RUNNING, PromotionState.PAUSED, PromotionState.CANCELLED}),
    PromotionState.PAUSED: frozenset({PromotionState.RUNNING, PromotionState.HELD, PromotionState.CANCELLED}),
    PromotionState.SUCCEEDED: frozenset(),
    PromotionState.CANCELLED: frozenset(),
}

RELEASE_MOVES: Mapping[ReleaseState, frozenset[ReleaseState]] = {
    ReleaseState.PLANNED: frozenset({ReleaseState.PROMOTING, ReleaseState.CANCELLED}),
    ReleaseState.PROMOTING: frozenset(
        {
            ReleaseState.HELD,
            ReleaseState.PAUSED,
            ReleaseState.WAITING,
            ReleaseState.RELEASED,
            ReleaseState.PLANNED,
            ReleaseState.CANCELLED,
        },
    ),
    ReleaseState.HELD: frozenset(
        {
            ReleaseState.PROMOTING,
            ReleaseState.PAUSED,
            ReleaseState.WAITING,
            ReleaseState.PLANNED,
            ReleaseState.CANCELLED,
        },
    ),
    ReleaseState.PAUSED: frozenset(
        {ReleaseState.PROMOTING, ReleaseState.HELD, ReleaseState.WAITING, ReleaseState.PLANNED, ReleaseState.CANCELLED},
    ),
    ReleaseState.WAITING: frozenset({ReleaseState.PROMOTING, ReleaseState.CANCELLED}),
    ReleaseState.RELEASED: frozenset(),
    ReleaseState.CANCELLED: frozenset(),
}


def is_at_rest(promotion: PromotionState, slots: Iterable[SlotState]) -> bool:
    """Tell whether nothing moves any more unless a person acts; a paused promotion sends nothing that is pending."""
    if promotion is PromotionState.RUNNING:
        return False
    if promotion not in OPEN_PROMOTIONS:
        return True
    moving = OPEN_SLOTS - {SlotState.PENDING} if promotion is PromotionState.PAUSED else OPEN_SLOTS
    return moving.isdisjoint(slots)


State = TypeVar("State", bound=StrEnum)


class IllegalTransition(Conflict):
    """``current`` does not lead to ``target``."""

    code = "illegal-state"

    def __init__(self, current: StrEnum, target: StrEnum) -> None:
        super().__init__(f"{current.replace('_', ' ')} cannot become {target.replace('_', ' ')}")
        self.current = current
        self.target = target


def move(moves: Mapping[State, frozenset[State]], current: State, target: State) -> State:
    """Return ``target``, or raise ``IllegalTransition`` when ``moves`` does not list it."""
    if target not in moves[current]:
        raise IllegalTransition(current, target)
    return target
