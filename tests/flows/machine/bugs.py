"""Bugs to plant in the product, one at a time: a machine that finds none of them proves nothing."""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from releases.actions import advancing, callbacks, dispatches, ledger, promotions, slots, steering, sweeping
from releases.domain.aggregation import Disposition, PhaseOutcome
from releases.domain.journal import Kind
from releases.domain.lifecycle import DONE_SLOTS, RETRYABLE_SLOTS
from releases.models import Dispatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

    Patches = pytest.MonkeyPatch


def _instead(patches: Patches, place: object, name: str, bug: Callable[..., object]) -> None:
    """Put ``bug`` in the place of a function, which it gets as its first argument."""
    patches.setattr(place, name, partial(bug, getattr(place, name)))


def late_result_overwrites(patches: Patches) -> None:
    def keep(real: Callable[..., None], *told: Any) -> None:
        real(*told)
        _, dispatch, callback, reception = told
        if reception.disposition in {Disposition.LATE, Disposition.CONTRADICTORY}:
            Dispatch.objects.filter(pk=dispatch.pk).update(state=_final(callback.status) or dispatch.state)

    _instead(patches, callbacks, "_keep", keep)


def _final(status: str) -> str:
    return status if status in {"succeeded", "failed", "rejected"} else ""


def next_phase_begins_early(patches: Patches) -> None:
    def outcome(real: Callable[..., PhaseOutcome], *given: Any) -> PhaseOutcome:
        some = any(state in DONE_SLOTS for state in given[0])
        return PhaseOutcome.ADVANCE if some and real(*given) is PhaseOutcome.WAIT else real(*given)

    _instead(patches, advancing, "phase_outcome", outcome)


def held_promotion_goes_on(patches: Patches) -> None:
    def outcome(real: Callable[..., PhaseOutcome], *given: Any) -> PhaseOutcome:
        over = all(state in DONE_SLOTS | RETRYABLE_SLOTS for state in given[0])
        return PhaseOutcome.ADVANCE if over else real(*given)

    _instead(patches, advancing, "phase_outcome", outcome)


def duplicate_is_news(patches: Patches) -> None:
    def receive(real: Callable[..., Any], *given: Any, **known: Any) -> object:
        reception = real(*given, **known)
        is_one = reception.disposition is Disposition.DUPLICATE
        return replace(reception, disposition=Disposition.LATE) if is_one else reception

    _instead(patches, callbacks, "receive", receive)


def retry_reuses_the_attempt(patches: Patches) -> None:
    def open_slot(real: Callable[..., None], *given: Any) -> None:
        given[2].attempt = max(given[2].attempt - 1, 0)
        real(*given)

    _instead(patches, slots, "_open_slot", open_slot)


def result_does_not_advance(patches: Patches) -> None:
    patches.setattr(callbacks, "advance", lambda *_: None)


def sending_again_takes_a_new_key(patches: Patches) -> None:
    def claim(real: Callable[..., list[Dispatch]]) -> list[Dispatch]:
        claimed = real()
        for dispatch in claimed:
            if dispatch.sends > 1:
                dispatch.key = uuid.uuid4()
                dispatch.save(update_fields=["key"])
        return claimed

    _instead(patches, dispatches, "_claim", claim)


def cancel_makes_it_live(patches: Patches) -> None:
    def cancel_steps(real: Callable[..., None], *given: Any) -> None:
        real(*given)
        advancing.__dict__["_make_live"](*given)

    _instead(patches, steering, "_cancel_steps", cancel_steps)


def cancel_leaves_orders_open(patches: Patches) -> None:
    patches.setattr(steering, "open_slots", lambda _session: [])


def session_is_closed_twice(patches: Patches) -> None:
    def close(real: Callable[..., bool], *given: Any) -> bool:
        if not real(*given):
            return False
        book, session = given
        told = {"phase": session.phase + 1, "correlation_id": str(session.correlation_id), "state": session.state}
        book.append(Kind.SESSION_CLOSED, **told, **session.summary)
        return True

    _instead(patches, advancing, "close_session_when_done", close)


def journal_skips_a_number(patches: Patches) -> None:
    real = ledger.Ledger.append

    def append(book: ledger.Ledger, kind: Kind, *, service: str = "", **payload: object) -> None:
        book.release.sequence += kind is Kind.SLOT_CLOSED
        real(book, kind, service=service, **payload)

    patches.setattr(ledger.Ledger, "append", append)


def any_token_is_good(patches: Patches) -> None:
    patches.setattr(callbacks, "is_token", lambda *_: True)


def answers_are_not_remembered(patches: Patches) -> None:
    patches.setattr(promotions, "remember", lambda **_: None)


def step_does_not_mirror(patches: Patches) -> None:
    patches.setattr(slots, "_mirror", lambda _dispatch: None)


def deadlines_are_not_looked_at(patches: Patches) -> None:
    patches.setattr(sweeping, "_end_if_overdue", lambda *_: None)


BUGS: Mapping[str, Callable[[Patches], None]] = {
    bug.__name__.replace("_", " "): bug
    for bug in (
        late_result_overwrites,
        next_phase_begins_early,
        held_promotion_goes_on,
        duplicate_is_news,
        retry_reuses_the_attempt,
        result_does_not_advance,
        sending_again_takes_a_new_key,
        cancel_makes_it_live,
        cancel_leaves_orders_open,
        session_is_closed_twice,
        journal_skips_a_number,
        any_token_is_good,
        answers_are_not_remembered,
        step_does_not_mirror,
        deadlines_are_not_looked_at,
    )
}
