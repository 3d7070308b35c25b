"""The build of a train: where it stands, and what a report of the build system changes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.aggregation import CallbackStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


class BuildState(StrEnum):
    PENDING = "pending"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


OPEN_BUILDS = frozenset({BuildState.PENDING, BuildState.DISPATCHED, BuildState.ACCEPTED, BuildState.IN_PROGRESS})
_ENDS = frozenset(BuildState) - OPEN_BUILDS
BUILD_MOVES: Mapping[BuildState, frozenset[BuildState]] = {
    # It may answer faster than we write, so a pending one may already hear any result.
    BuildState.PENDING: _ENDS | {BuildState.DISPATCHED, BuildState.ACCEPTED, BuildState.IN_PROGRESS},
    BuildState.DISPATCHED: _ENDS | {BuildState.ACCEPTED, BuildState.IN_PROGRESS},
    BuildState.ACCEPTED: _ENDS | {BuildState.IN_PROGRESS},
    BuildState.IN_PROGRESS: _ENDS,
    **{state: frozenset() for state in _ENDS},
}
_REPORTED = {
    CallbackStatus.ACCEPTED: BuildState.ACCEPTED,
    CallbackStatus.PROGRESS: BuildState.IN_PROGRESS,
    CallbackStatus.SUCCEEDED: BuildState.SUCCEEDED,
    CallbackStatus.FAILED: BuildState.FAILED,
    CallbackStatus.REJECTED: BuildState.REJECTED,
}


class Reading(StrEnum):
    """What a report is worth."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    LATE = "late"


def reported_state(status: CallbackStatus) -> BuildState:
    return _REPORTED[status]


def read_report(
    state: BuildState, status: CallbackStatus, *, sequence: int | None = None, seen: int | None = None
) -> Reading:
    """Weigh a report against what is known; the first result counts, and ``seen`` is the last number that did."""
    after = reported_state(status)
    if state in _ENDS:
        return Reading.DUPLICATE if after is state else Reading.LATE
    if sequence is not None and seen is not None and sequence <= seen:
        return Reading.DUPLICATE if sequence == seen else Reading.OUT_OF_ORDER
    if after is state:
        return Reading.APPLIED
    return Reading.APPLIED if after in BUILD_MOVES[state] else Reading.OUT_OF_ORDER
