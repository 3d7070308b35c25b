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
from releases.models import AggregationSession, Collection, Dispatch, Promotion, Pulse
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable

PULSE = "sweeper"
# A sweeper looks once a second; a gap this long means that the whole board was down.
ABSENCE = timedelta(seconds=5)
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
    running = AggregationSession.objects.filter(state=SessionState.RUNNING.value, deadline_at__isnull=False)
    for session in running.select_related("promotion"):
        _extend(session, last_seen, now)


def _extend(session: AggregationSession, last_seen: datetime, now: datetime) -> None:
    # Before the session's own last news the board was evidently there, whatever the pulse says.
    heard = session.dispatches.aggregate(sent=Max("sent_at"), heard=Max("heard_at"))
    seen = max(moment for moment in (last_seen, session.opened_at, *heard.values()) if moment is not None)
    absence = now - seen
    if absence <= ABSENCE or session.deadline_at is None:
        return
    ledger = open_ledger(release_id=session.promotion.release_id, actor="board")
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
            _time_out_if_overdue(ledger, dispatch)
    advance(ledger, promotion)
    ledger.close()


def _time_out_if_overdue(ledger: Ledger, dispatch: Dispatch) -> None:
    deadline = dispatch.session.deadline_at
    if deadline is not None and deadline <= ledger.now:
        message = f"No result within {dispatch.session.timeout_ms / 1000:g} s."
        close_slot(ledger, dispatch, SlotState.TIMED_OUT, reason=Reason.DEADLINE, message=message)
    elif dispatch.lease_until is not None and dispatch.lease_until <= ledger.now:
        silent_since = dispatch.heard_at or dispatch.sent_at or dispatch.opened_at
        message = f"No word for {round((ledger.now - silent_since).total_seconds())} s."
        close_slot(ledger, dispatch, SlotState.TIMED_OUT, reason=Reason.SILENT, message=message)
