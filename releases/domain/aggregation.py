"""One fan-out: what a callback or an answer means for its slot, what the slots add up to, when to ask again."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.lifecycle import CLOSED_SLOTS, DONE_SLOTS, OPEN_SLOTS, RETRYABLE_SLOTS, SessionState, SlotState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

UNAUTHORIZED, FORBIDDEN, GONE, TOO_MANY, UNAVAILABLE = 401, 403, 410, 429, 503


class CallbackStatus(StrEnum):
    """What a service may say of its attempt."""

    ACCEPTED = "accepted"
    PROGRESS = "progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"


class Disposition(StrEnum):
    """What became of a callback."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    LATE = "late"
    CONTRADICTORY = "contradictory"


LATE_DISPOSITIONS = frozenset({Disposition.LATE, Disposition.CONTRADICTORY})


class Reason(StrEnum):
    """Why a slot closed as it did."""

    REPORTED = "reported"
    REFUSED = "refused"
    CONNECTION_CLOSED = "connection_closed"
    UNDELIVERABLE = "undeliverable"
    DEADLINE = "deadline"
    SILENT = "silent"
    OPERATOR = "operator"
    UNCHANGED = "unchanged"
    LATE_RESULT = "late_result"


_STATE_OF: dict[CallbackStatus, SlotState] = {
    CallbackStatus.ACCEPTED: SlotState.ACCEPTED,
    CallbackStatus.PROGRESS: SlotState.IN_PROGRESS,
    CallbackStatus.SUCCEEDED: SlotState.SUCCEEDED,
    CallbackStatus.FAILED: SlotState.FAILED,
    CallbackStatus.REJECTED: SlotState.REJECTED,
}
_SAID_WHEN_ASKED: dict[str, CallbackStatus] = {
    **{status.value: status for status in CallbackStatus},
    SlotState.IN_PROGRESS.value: CallbackStatus.PROGRESS,
}
FINAL_STATUSES = frozenset({CallbackStatus.SUCCEEDED, CallbackStatus.FAILED, CallbackStatus.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A dispatch as the rules see it; ``superseded`` once a later attempt of its step exists."""

    state: SlotState
    reason: str = ""
    percent: int | None = None
    last_sequence: int | None = None
    heard_final: CallbackStatus | None = None
    superseded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The part of a callback that decides; ``message`` and ``details`` only tell a repetition from news."""

    status: CallbackStatus
    sequence: int | None = None
    percent: int | None = None
    message: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What a callback does: ``state`` and ``percent`` are the slot's afterwards."""

    disposition: Disposition
    state: SlotState
    percent: int | None


def read_truth(document: object) -> Report | None:
    """Read what a service says of its deployment when it is asked; None for what tells nothing."""
    if not isinstance(document, dict):
        return None
    status = _SAID_WHEN_ASKED.get(str(document.get("state")))
    if status is None:
        return None
    percent, message = document.get("percent"), document.get("message")
    return Report(
        status=status,
        percent=percent if type(percent) is int and 0 <= percent <= 100 else None,  # noqa: PLR2004
        message=_storable(message) if isinstance(message, str) else "",
    )


def _storable(text: str) -> str:
    """Replace what no database stores: halves of surrogate pairs, and NUL."""
    return text.encode(errors="replace").decode().replace("\0", "?")


def receive(slot: Slot, report: Report, *, seen: Collection[int] = (), late: Collection[Report] = ()) -> Reception:
    """Judge one callback; ``seen`` holds the sequences that this dispatch already reported, ``late`` what it said late.

    Of ``late`` only the reports of the same status matter.
    """
    disposition = _disposition(slot, report, seen, late)
    if disposition is not Disposition.APPLIED:
        return Reception(disposition=disposition, state=slot.state, percent=slot.percent)
    return Reception(disposition=disposition, state=_next_state(slot, report), percent=_percent(slot, report))


def _disposition(slot: Slot, report: Report, seen: Collection[int], late: Collection[Report]) -> Disposition:
    if report.sequence is not None and report.sequence in seen:
        return Disposition.DUPLICATE
    if slot.heard_final is not None and report.status is slot.heard_final:
        return Disposition.DUPLICATE
    if slot.state in CLOSED_SLOTS or slot.superseded:
        return _late_disposition(slot, report, late)
    if _is_older(slot, report):
        return Disposition.OUT_OF_ORDER
    return Disposition.APPLIED


def _late_disposition(slot: Slot, report: Report, late: Collection[Report]) -> Disposition:
    if any(_repeats(earlier, report) for earlier in late):
        return Disposition.DUPLICATE
    contradicts = slot.heard_final is not None and report.status in FINAL_STATUSES
    return Disposition.CONTRADICTORY if contradicts else Disposition.LATE


def _repeats(earlier: Report, report: Report) -> bool:
    if report.status in FINAL_STATUSES:
        return report.status is earlier.status
    return report == earlier


def _is_older(slot: Slot, report: Report) -> bool:
    # A result counts whenever it comes; only progress can be overtaken.
    if report.status in FINAL_STATUSES:
        return False
    if slot.last_sequence is not None and report.sequence is not None:
        return report.sequence < slot.last_sequence
    return report.status is CallbackStatus.ACCEPTED and slot.state is SlotState.IN_PROGRESS


def _next_state(slot: Slot, report: Report) -> SlotState:
    target = _STATE_OF[report.status]
    if target is SlotState.ACCEPTED and slot.state is SlotState.IN_PROGRESS:
        return slot.state
    return target


def _percent(slot: Slot, report: Report) -> int | None:
    if report.status is CallbackStatus.SUCCEEDED:
        return 100
    if report.percent is None:
        return slot.percent
    return max(report.percent, slot.percent or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Derived from the slots, never counted up: ``respondents`` said yes, ``received`` said anything final."""

    expected: int
    received: int
    respondents: int
    errors: int

    @property
    def status(self) -> str:
        """``COMPLETE`` when every source gave its result, else ``PARTIAL``."""
        return "COMPLETE" if self.received == self.expected else "PARTIAL"


def tally(slots: Sequence[Slot]) -> Tally:
    """Add up a session's slots; a rejection is received but neither respondent nor error."""
    return Tally(
        expected=len(slots),
        received=sum(_was_received(slot) for slot in slots),
        respondents=sum(slot.state is SlotState.SUCCEEDED for slot in slots),
        errors=sum(slot.state in {SlotState.FAILED, SlotState.TIMED_OUT} for slot in slots),
    )


def _was_received(slot: Slot) -> bool:
    if slot.state in {SlotState.SUCCEEDED, SlotState.REJECTED}:
        return True
    return slot.state is SlotState.FAILED and slot.reason == Reason.REPORTED


def session_outcome(states: Sequence[SlotState]) -> SessionState | None:
    """How a session with these slots closes; ``None`` while any of them is open."""
    if any(state in OPEN_SLOTS for state in states):
        return None
    if all(state in DONE_SLOTS for state in states):
        return SessionState.SUCCEEDED
    if any(state in DONE_SLOTS for state in states):
        return SessionState.PARTIAL
    if all(state is SlotState.CANCELLED for state in states):
        return SessionState.CANCELLED
    if all(state is SlotState.TIMED_OUT for state in states):
        return SessionState.TIMED_OUT
    return SessionState.FAILED


class PhaseOutcome(StrEnum):
    """What a promotion does next with the phase it is in."""

    WAIT = "wait"
    HOLD = "hold"
    ADVANCE = "advance"


def phase_outcome(states: Sequence[SlotState]) -> PhaseOutcome:
    """Hold as soon as one service needs a person, advance when every one is done."""
    if any(state in RETRYABLE_SLOTS for state in states):
        return PhaseOutcome.HOLD
    if all(state in DONE_SLOTS for state in states):
        return PhaseOutcome.ADVANCE
    return PhaseOutcome.WAIT


class Sending(StrEnum):
    """What one send of a dispatch led to."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    RETRY = "retry"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A service's answer to a dispatch: its HTTP status, or why there was none.

    ``retry_after`` is in seconds; ``status_url`` is where the service tells how far it is, empty when it does not.
    """

    status: int | None = None
    error: str = ""
    retry_after: float | None = None
    status_url: str = ""


def sending_outcome(answer: Answer) -> Sending:
    """Read an answer: 2xx delivered, 401/403 a business refusal, refused/429/5xx/timeout repeatable, the rest failed.

    Every repeat carries the same idempotency key, so an answer that was lost on the way is asked for again too.
    """
    if answer.status is None or answer.status in {TOO_MANY, UNAVAILABLE}:
        return Sending.RETRY
    if 200 <= answer.status < 300:  # noqa: PLR2004 (the range of success)
        return Sending.DELIVERED
    if answer.status in {UNAUTHORIZED, FORBIDDEN}:
        return Sending.REJECTED
    return Sending.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """A session's time limit in milliseconds, and whether it had to be cut to the maximum."""

    milliseconds: int
    notice: str


def clamp_timeout(asked_ms: int | None, *, default_ms: int, maximum_ms: int) -> Timeout:
    """Apply the default and the maximum; a value that is not positive is the caller's mistake (``ValueError``)."""
    if asked_ms is None:
        return Timeout(milliseconds=min(default_ms, maximum_ms), notice="")
    if asked_ms <= 0:
        message = f"timeout_ms must be positive; got {asked_ms}."
        raise ValueError(message)
    if asked_ms > maximum_ms:
        return Timeout(
            milliseconds=maximum_ms, notice=f"timeout_ms was cut from {asked_ms} to the maximum {maximum_ms}."
        )
    return Timeout(milliseconds=asked_ms, notice="")
