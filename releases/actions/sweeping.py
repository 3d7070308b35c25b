"""Looking after everything that is due: any process may run this at any time, as often as it likes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max, Q

from releases.actions.advancing import advance
from releases.actions.ledger import Ledger, open_ledger
from releases.actions.slots import close_slot, open_slots
from releases.domain.aggregation import Reason
from releases.domain.journal import Kind
from releases.domain.lifecycle import OPEN_PROMOTIONS, OPEN_SLOTS, SessionState, SlotState
from releases.enqueue import task_on_commit
from releases.metrics import TIMEOUTS, count_on_commit
from releases.models import AggregationSession, Collection, Dispatch, Promotion, Pulse, ValidationRun
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

PULSE = "sweeper"
# A sweeper looks once a second; a gap this long means that the whole board was down.
ABSENCE = timedelta(seconds=5)
# A service that is asked how far it is answers in two seconds, or its asker died.
ANSWER_WITHIN = timedelta(seconds=4)
_OPEN = [state.value for state in OPEN_SLOTS]


def keep_time() -> None:
    """Grant the time that the board was away, then end what is overdue; only the database can make this wait."""
    grant_absence()
    end_overdue_slots()


@transaction.atomic(durable=True)
def take_over() -> None:
    """Free what a process that is gone was at; for who starts a board and knows that no other process runs."""
    Dispatch.objects.filter(state=SlotState.PENDING.value).update(claimed_until=None)
    Collection.objects.filter(finished_at=None).update(claimed_until=None)
    ValidationRun.objects.filter(finished_at=None).update(claimed_until=None)


def grant_absence() -> None:
    """Extend open deadlines by the time in which no process was there to hear a callback."""
    if AggregationSession.objects.filter(state=SessionState.RUNNING.value).exists():
        _beat()


@transaction.atomic(durable=True)
def _beat() -> None:
    now = database_now()
    pulse, is_new = Pulse.objects.select_for_update().get_or_create(name=PULSE, defaults={"at": now})
    last_seen = pulse.at
    pulse.at = now
    pulse.save(update_fields=["at"])
    if is_new or now - last_seen <= ABSENCE:
        return
    # Whoever locks several releases takes them in this order, or two of them wait for each other.
    in_turn = _on_the_clock().order_by("promotion__release_id", "pk")
    for session_id, release_id in in_turn.values_list("pk", "promotion__release_id"):
        _extend(session_id, release_id, last_seen, now)


def _on_the_clock() -> QuerySet[AggregationSession]:
    return AggregationSession.objects.filter(state=SessionState.RUNNING.value, deadline_at__isnull=False)


def _extend(session_id: int, release_id: int, last_seen: datetime, now: datetime) -> None:
    ledger = open_ledger(release_id=release_id, actor="board")
    # Read in its turn: what was heard or closed meanwhile is not the board's absence any more.
    session = _on_the_clock().filter(pk=session_id).first()
    if session is None or session.deadline_at is None:
        return
    # Before the session's own last news the board was evidently there, whatever the pulse says.
    heard = session.dispatches.aggregate(sent=Max("sent_at"), heard=Max("heard_at"))
    seen = max(moment for moment in (last_seen, session.opened_at, *heard.values()) if moment is not None)
    absence = now - seen
    if absence <= ABSENCE:
        return
    session.deadline_at += absence
    session.save(update_fields=["deadline_at"])
    for dispatch in session.dispatches.filter(state__in=_OPEN, lease_until__isnull=False):
        dispatch.lease_until = (dispatch.lease_until or now) + absence
        dispatch.save(update_fields=["lease_until"])
    ledger.append(
        Kind.DEADLINE_EXTENDED,
        correlation_id=str(session.correlation_id),
        by_ms=round(absence.total_seconds() * 1000),
    )
    ledger.close()


def end_overdue_slots() -> int:
    """Time out every slot past its session's deadline or its lease; return how many promotions that concerned."""
    overdue = list(_overdue_promotions(database_now()))
    for promotion_id, release_id in overdue:
        _end_overdue_slots_of(promotion_id, release_id)
    return len(overdue)


def _overdue_promotions(now: datetime) -> Iterable[tuple[int, int]]:
    return (
        Dispatch.objects.filter(
            _is_overdue(now),
            Q(asked_at=None) | Q(asked_at__lte=now - ANSWER_WITHIN),
            state__in=_OPEN,
            step__promotion__state__in=[state.value for state in OPEN_PROMOTIONS],
        )
        .values_list("step__promotion_id", "step__promotion__release_id")
        .distinct()
    )


def _is_overdue(now: datetime) -> Q:
    return Q(session__deadline_at__lte=now) | Q(lease_until__lte=now)


@transaction.atomic(durable=True)
def _end_overdue_slots_of(promotion_id: int, release_id: int) -> None:
    ledger = open_ledger(release_id=release_id, actor="board")
    promotion = Promotion.objects.select_related("stage", "started_by").get(pk=promotion_id)
    for session in promotion.sessions.filter(state=SessionState.RUNNING.value):
        for dispatch in open_slots(session):
            _end_if_overdue(ledger, dispatch)
    advance(ledger, promotion)
    ledger.close()


def _end_if_overdue(ledger: Ledger, dispatch: Dispatch) -> None:
    if dispatch.status_url and dispatch.asked_at is None and _is_due(dispatch, ledger.now):
        dispatch.asked_at = ledger.now
        dispatch.save(update_fields=["asked_at"])
        task_on_commit("releases.ask_overdue_services")
    elif dispatch.asked_at is None or dispatch.asked_at <= ledger.now - ANSWER_WITHIN:
        time_out_if_overdue(ledger, dispatch)


def _is_due(dispatch: Dispatch, now: datetime) -> bool:
    due = (dispatch.session.deadline_at, dispatch.lease_until)
    return any(moment is not None and moment <= now for moment in due)


def time_out_if_overdue(ledger: Ledger, dispatch: Dispatch) -> None:
    """Close a slot whose deadline or lease is over; it had its chance to say otherwise."""
    deadline = dispatch.session.deadline_at
    if deadline is not None and deadline <= ledger.now:
        message = f"No result within {dispatch.session.timeout_ms / 1000:g} s."
        _time_out(ledger, dispatch, Reason.DEADLINE, message)
    elif dispatch.lease_until is not None and dispatch.lease_until <= ledger.now:
        silent_since = dispatch.heard_at or dispatch.sent_at or dispatch.opened_at
        message = f"No word for {round((ledger.now - silent_since).total_seconds())} s."
        _time_out(ledger, dispatch, Reason.SILENT, message)


def _time_out(ledger: Ledger, dispatch: Dispatch, reason: Reason, message: str) -> None:
    close_slot(ledger, dispatch, SlotState.TIMED_OUT, reason=reason, message=message)
    count_on_commit(TIMEOUTS, reason)
