"""Nothing is left lying (I8): once people and services are done, everything has its end."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from tests.chaos.checks.lookup import OPEN_PROMOTIONS, OPEN_SLOTS, lookup
from tests.chaos.checks.outcome import Outcome, judged
from tests.chaos.checks.owed import owed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.reading import Facts

# What the board does by itself, it does in seconds; a claim of a process that died stands in the way for five.
LONG_AGO = timedelta(seconds=30)
SERVICE_AT_WORK = frozenset({"accepted", "in_progress"})


def nothing_left_open(facts: Facts) -> Outcome:
    """I8: no open promotion, session or slot; nothing that the board or a service owed long ago."""
    board = facts.board
    own = (board.promotions, board.sessions, board.dispatches)
    promised = (board.deliveries, board.collections, board.validations, board.registry_records, board.quarantines)
    examined = sum(map(len, (*own, *promised))) + len(facts.services.callbacks)
    violations = chain(_open_promotions(facts), _open_slots(facts), _overdue(facts), _waiting_services(facts))
    return judged("I8", "nothing is left open", examined=examined, violations=violations)


def _open_promotions(facts: Facts) -> Iterator[str]:
    known = lookup(facts.board)
    for promotion in facts.board.promotions:
        if promotion.state in OPEN_PROMOTIONS:
            yield f"{known.promotion_name(promotion)} is still {promotion.state}, in phase {promotion.phase + 1}."
    for session in facts.board.sessions:
        if session.state == "running":
            yield f"{known.session_name(session)} is still running."


def _open_slots(facts: Facts) -> Iterator[str]:
    known = lookup(facts.board)
    for dispatch in facts.board.dispatches:
        if dispatch.state in OPEN_SLOTS or dispatch.closed_at is None:
            yield f"{known.slot_name(dispatch)} is still {dispatch.state}."


def _overdue(facts: Facts) -> Iterator[str]:
    long_ago = facts.quiet_at - LONG_AGO
    return (f"{each.what}, though due since {each.due_at}." for each in owed(facts.board) if each.due_at < long_ago)


def _waiting_services(facts: Facts) -> Iterator[str]:
    for callback in facts.services.callbacks:
        if not callback.outcome:
            yield f"{callback.service} still waits for an answer to callback {callback.sequence} of {callback.key}."
    for order in facts.services.orders:
        if order.mode != "silent" and order.state in SERVICE_AT_WORK:
            yield f"{order.service} is still at work on {order.key}: the run was stopped too early."
