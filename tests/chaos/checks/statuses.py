"""Every state follows from the dispatches (I14): steps, sessions with their summaries, promotions, releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.checks.lookup import (
    DONE,
    OPEN_PROMOTIONS,
    OPEN_SLOTS,
    RETRYABLE,
    Lookup,
    lookup,
)
from tests.chaos.checks.outcome import Outcome, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.reading import Facts
    from tests.chaos.rows import DispatchRow, PromotionRow, ReleaseRow, SessionRow, StepRow

ACCEPTED = "late_result"
_WITH_ITS_PROMOTION = {"running": "promoting", "held": "held", "paused": "paused"}


def states_follow(facts: Facts) -> Outcome:
    """I14: each state is what the rows below it make it, and each slot ended as its evidence says."""
    known, board = lookup(facts.board), facts.board
    rows = (board.dispatches, board.steps, board.sessions, board.promotions, board.releases)
    return judged(
        "I14",
        "every state follows from the dispatches",
        examined=sum(map(len, rows)),
        violations=[
            *(finding for dispatch in board.dispatches for finding in _slot(known, dispatch)),
            *(finding for step in board.steps for finding in _step(known, step)),
            *(finding for session in board.sessions for finding in _session(known, session)),
            *(finding for promotion in board.promotions for finding in _promotion(known, promotion)),
            *(finding for release in board.releases for finding in _release(known, release)),
            *_told_summaries(known),
        ],
    )


def _slot(known: Lookup, dispatch: DispatchRow) -> Iterator[str]:
    """What was reported and counted is how the slot ended; success is I4's."""
    name, applied = known.slot_name(dispatch), known.applied(dispatch)
    if dispatch.reason == "reported" and dispatch.state not in applied:
        yield f"{name} is {dispatch.state} as reported, but no applied callback says so."
    if applied and dispatch.state not in applied and applied != ["succeeded"]:
        yield f"{name} is {dispatch.state}, but {' and '.join(applied)} was reported and applied."
    if (dispatch.closed_at is None) != (dispatch.state in OPEN_SLOTS):
        yield f"{name} is {dispatch.state}, closed at {dispatch.closed_at}."


def _step(known: Lookup, step: StepRow) -> Iterator[str]:
    attempts = [each.attempt for each in known.dispatches_of[step.id]]
    if attempts != list(range(1, step.attempt + 1)):
        yield f"{known.step_name(step)} is at attempt {step.attempt}, its dispatches are {attempts}."
    elif attempts:
        yield from _mirror(known, step, known.dispatches_of[step.id][-1])
    elif step.state not in {"pending", "skipped", "cancelled"}:
        yield f"{known.step_name(step)} is {step.state}, though it was never asked."


def _mirror(known: Lookup, step: StepRow, last: DispatchRow) -> Iterator[str]:
    """A step shows its last attempt, until a person skips, cancels or accepts what failed."""
    if last.state in RETRYABLE:
        if step.state in {"skipped", "cancelled"}:
            return
        if step.reason == ACCEPTED and step.state == "succeeded":
            yield from _acceptance(known, step, last)
            return
    shown = (step.state, step.reason, step.message, step.percent, step.heard_at, step.finished_at)
    meant = (last.state, last.reason, last.message, last.percent, last.heard_at, last.closed_at)
    names = ("state", "reason", "message", "percent", "heard at", "finished at")
    for name, left, right in zip(names, shown, meant, strict=True):
        if left != right:
            yield f"{known.step_name(step)} shows {name} {left}, its attempt {last.attempt} has {right}."


def _acceptance(known: Lookup, step: StepRow, last: DispatchRow) -> Iterator[str]:
    """Only what the last attempt really reported can have been accepted."""
    late = [each.message for each in known.callbacks[last.id] if each.status == "succeeded"]
    if step.message not in late:
        yield f"{known.step_name(step)} was accepted, but its attempt {last.attempt} never reported {step.message!r}."


def _session(known: Lookup, session: SessionRow) -> Iterator[str]:
    slots = known.slots_of[session.id]
    outcome = _outcome([each.state for each in slots])
    if session.state != outcome:
        states = ", ".join(each.state for each in slots)
        yield f"{known.session_name(session)} is {session.state}, its slots ({states}) make it {outcome}."
    elif session.summary is not None and session.summary != _summary(slots):
        yield f"{known.session_name(session)} tells {session.summary}, its slots make it {_summary(slots)}."


def _outcome(states: list[str]) -> str:
    if not states:
        return "without slots"
    if OPEN_SLOTS.intersection(states):
        return "running"
    succeeded = sum(state in DONE for state in states)
    if succeeded:
        return "succeeded" if succeeded == len(states) else "partial"
    return states[0] if set(states) in ({"cancelled"}, {"timed_out"}) else "failed"


def _summary(slots: list[DispatchRow]) -> dict[str, object]:
    """Count as the contract does: a refusal is received but no error, silence is an error but not received."""
    said = [each for each in slots if each.state == "failed" and each.reason == "reported"]
    received = sum(each.state in {"succeeded", "rejected"} for each in slots) + len(said)
    return {
        "source": "AGGREGATOR",
        "status": "COMPLETE" if received == len(slots) else "PARTIAL",
        "expected": len(slots),
        "received": received,
        "respondents": sum(each.state == "succeeded" for each in slots),
        "errors": sum(each.state in {"failed", "timed_out"} for each in slots),
    }


def _told_summaries(known: Lookup) -> Iterator[str]:
    """The journal tells the summary that the session keeps."""
    sessions = {str(each.correlation_id): each for each in known.sessions.values()}
    for entries in known.entries.values():
        for entry in entries:
            session = sessions.get(entry.payload.get("correlation_id"))
            if entry.kind != "session.closed" or session is None:
                continue
            kept = {**(session.summary or {}), "state": session.state, "phase": session.phase + 1}
            told = {name: value for name, value in entry.payload.items() if name != "correlation_id"}
            if told != kept:
                yield f"{known.session_name(session)} keeps {kept}, its journal tells {told}."


def _promotion(known: Lookup, promotion: PromotionRow) -> Iterator[str]:
    name, steps = known.promotion_name(promotion), known.steps_of[promotion.id]
    states = {each.state for each in steps}
    now = {each.state for each in steps if each.phase == promotion.phase}
    is_done = states <= DONE
    if promotion.state not in OPEN_PROMOTIONS and states & (OPEN_SLOTS | RETRYABLE):
        yield f"{name} is {promotion.state}, its steps are {sorted(states)}."
    if is_done != (promotion.state == "succeeded") and not (is_done and promotion.state == "paused"):
        yield f"{name} is {promotion.state}, but {'all' if is_done else 'not all'} of its steps are done."
    if promotion.state in {"running", "held"} and (promotion.state == "held") != bool(now & RETRYABLE):
        yield f"{name} is {promotion.state}, the steps of its phase are {sorted(now)}."
    if {each.phase for each in steps} != set(range(len(promotion.phases))):
        yield f"{name} has steps of other phases than its plan."


def _release(known: Lookup, release: ReleaseRow) -> Iterator[str]:
    expected = _release_state(known, release)
    if release.state != expected:
        yield f"{release.version} is {release.state}, its promotions make it {expected}."


def _release_state(known: Lookup, release: ReleaseRow) -> str:
    promotions = known.promotions_of[release.id]
    succeeded = [each for each in promotions if each.state == "succeeded"]
    if still_open := [each for each in promotions if each.state in OPEN_PROMOTIONS]:
        return _WITH_ITS_PROMOTION[still_open[0].state]
    if any(entry.kind == "release.cancelled" for entry in known.entries[release.id]):
        return "cancelled"
    last = max(known.stages.values(), key=lambda each: each.position)
    if any(each.stage_id == last.id for each in succeeded):
        return "released"
    return "waiting" if succeeded else "planned"
