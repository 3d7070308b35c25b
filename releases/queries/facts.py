"""What is true of the whole board at this moment, whichever process is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Min
from django.db.models.functions import Coalesce
from django_celery_beat.models import PeriodicTask

from releases.domain.lifecycle import OPEN_PROMOTIONS, OPEN_SLOTS, PromotionState, SessionState, SlotState
from releases.models import AggregationSession, Delivery, Dispatch, Promotion, Pulse
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SWEEPER = "sweeper"
_OPEN_SLOTS = sorted(state.value for state in OPEN_SLOTS)
_OPEN_PROMOTIONS = sorted(state.value for state in OPEN_PROMOTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFacts:
    """Times are in seconds and zero where nothing waits; ``beat_*`` are None before beat's first task."""

    open_sessions: int
    session_overdue_s: float
    open_dispatches: Mapping[str, int]
    dispatch_silent_s: float
    lease_overdue_s: float
    dispatches_due: int
    dispatch_lag_s: float
    deliveries_waiting: int
    delivery_lag_s: float
    open_promotions: Mapping[str, int]
    sweeper_age_s: float
    beat_age_s: float | None
    beat_period_s: float | None


def board_facts() -> BoardFacts:
    """Ask the database, which raises ``DatabaseError`` when it is away; a handful of counts over what is open."""
    now = database_now()
    return BoardFacts(**_sessions(now), **_dispatches(now), **_deliveries(now), **_promotions(), **_keepers(now))


def _since(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def _sessions(now: datetime) -> dict[str, Any]:
    running = AggregationSession.objects.filter(state=SessionState.RUNNING.value)
    found = running.aggregate(number=Count("pk"), deadline=Min("deadline_at"))
    return {"open_sessions": found["number"], "session_overdue_s": _since(found["deadline"], now)}


def _dispatches(now: datetime) -> dict[str, Any]:
    is_open = Dispatch.objects.filter(state__in=_OPEN_SLOTS)
    counts = dict(is_open.order_by().values_list("state").annotate(Count("pk")))
    # Of a paused promotion nothing is sent, so nothing of it is late.
    due = is_open.filter(state=SlotState.PENDING.value, next_send_at__lte=now).exclude(
        step__promotion__state=PromotionState.PAUSED.value
    )
    waiting = due.aggregate(number=Count("pk"), oldest=Min("next_send_at"))
    asked = is_open.filter(sent_at__isnull=False)
    silent = asked.aggregate(since=Min(Coalesce("heard_at", "sent_at")), lease=Min("lease_until"))
    return {
        "open_dispatches": {state: counts.get(state, 0) for state in _OPEN_SLOTS},
        "dispatch_silent_s": _since(silent["since"], now),
        "lease_overdue_s": _since(silent["lease"], now),
        "dispatches_due": waiting["number"],
        "dispatch_lag_s": _since(waiting["oldest"], now),
    }


def _deliveries(now: datetime) -> dict[str, Any]:
    waiting = Delivery.objects.filter(delivered_at=None, gave_up_at=None)
    found = waiting.aggregate(number=Count("pk"), due=Min("next_send_at"))
    return {"deliveries_waiting": found["number"], "delivery_lag_s": _since(found["due"], now)}


def _promotions() -> dict[str, Any]:
    is_open = Promotion.objects.filter(state__in=_OPEN_PROMOTIONS)
    counts = dict(is_open.order_by().values_list("state").annotate(Count("pk")))
    return {"open_promotions": {state: counts.get(state, 0) for state in _OPEN_PROMOTIONS}}


def _keepers(now: datetime) -> dict[str, Any]:
    # It only beats while a session is open: an old pulse of a quiet board says nothing.
    is_needed = AggregationSession.objects.filter(state=SessionState.RUNNING.value).exists()
    pulse = Pulse.objects.filter(name=SWEEPER).first() if is_needed else None
    tasks = PeriodicTask.objects.filter(enabled=True)
    last_run_at = tasks.aggregate(at=Max("last_run_at"))["at"]
    regular = tasks.exclude(interval=None).select_related("interval")
    periods = [task.interval.schedule.run_every.total_seconds() for task in regular]
    return {
        "sweeper_age_s": _since(pulse.at if pulse else None, now),
        "beat_age_s": _since(last_run_at, now) if last_run_at else None,
        "beat_period_s": min(periods, default=None),
    }
