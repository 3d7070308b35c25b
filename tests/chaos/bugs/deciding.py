"""Bugs in what follows from what was heard, and from what people do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from releases.actions import advancing, receipts, slots
from releases.domain.aggregation import PhaseOutcome, phase_outcome
from releases.domain.journal import Kind
from releases.domain.lifecycle import DONE_SLOTS, RETRYABLE_SLOTS, SlotState
from tests.chaos.bugs.planting import bug, changed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.actions.ledger import Ledger
    from releases.models import AggregationSession, Dispatch
    from tests.chaos.bugs.planting import Changes


@bug("opens the next phase as soon as one service of this one is done", "I5")
def next_phase_early() -> Changes:
    def hasty(states: Sequence[SlotState]) -> PhaseOutcome:
        if DONE_SLOTS.intersection(states) and RETRYABLE_SLOTS.isdisjoint(states):
            return PhaseOutcome.ADVANCE
        return phase_outcome(states)

    return [changed(advancing, phase_outcome=hasty)]


@bug("closes a session twice, with a summary each", "I7")
def session_closed_twice() -> Changes:
    close = slots.close_session_when_done

    def close_twice(ledger: Ledger, session: AggregationSession) -> bool:
        is_closed = close(ledger, session)
        if is_closed:
            name = str(session.correlation_id)
            summary = session.summary or {}
            ledger.append(
                Kind.SESSION_CLOSED, phase=session.phase + 1, correlation_id=name, state=session.state, **summary
            )
        return is_closed

    return [changed(advancing, close_session_when_done=close_twice)]


@bug("changes the slot of an attempt without its step", "I14")
def status_not_mirrored() -> Changes:
    mirror = slots._mirror  # noqa: SLF001

    def forgetful(dispatch: Dispatch) -> None:
        before = dispatch.step.message
        mirror(dispatch)
        if SlotState(dispatch.state) is SlotState.SUCCEEDED:
            dispatch.step.state, dispatch.step.message = SlotState.SKIPPED.value, before
            dispatch.step.save(update_fields=["state", "message"])

    return [changed(slots, _mirror=forgetful)]


@bug("forgets the Idempotency-Keys that it answered", "I13")
def receipts_forgotten() -> Changes:
    def forget(**_receipt: object) -> None:
        pass

    remembers = [module for module in sys.modules.values() if vars(module).get("remember") is receipts.remember]
    return [changed(module, remember=forget) for module in remembers]


DECIDING = (next_phase_early, session_closed_twice, status_not_mirrored, receipts_forgotten)
