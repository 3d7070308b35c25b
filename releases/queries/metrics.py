"""How releasing goes: DORA's metrics and the objectives of a period, each beside the period before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q

from releases.domain.dora import changes_of, dora
from releases.domain.journal import Kind
from releases.domain.lifecycle import SlotState
from releases.domain.objectives import Measure, Objective, available_seconds
from releases.models import AggregationSession, Delivery, Dispatch, HealthReport, JournalEntry, Stage
from releases.queries.clock import database_now
from releases.queries.metric_views import Metrics

if TYPE_CHECKING:
    from datetime import datetime

    from releases.domain.dora import Change

WINDOWS = (7, 30, 90, 365)
USUAL_WINDOW = 30
# A sweeper looks once a second, and a grace of one more is nobody's waiting.
PUNCTUAL_WITHIN = timedelta(seconds=2)
_SUCCEEDED = SlotState.SUCCEEDED.value
# What a person ended says nothing about the services.
_NOT_COUNTED = (SlotState.CANCELLED.value, SlotState.SKIPPED.value)


def metrics(days: int = USUAL_WINDOW) -> Metrics:
    """Compute everything from the journals and what is stored of sessions, messages and health."""
    until = database_now()
    since = until - timedelta(days=days)
    before = since - timedelta(days=days)
    last = Stage.objects.order_by("-position").first()
    stage = last.name if last else ""
    releases = _changes(stage, before)
    return Metrics(
        days=days,
        since=since,
        until=until,
        stage=stage,
        dora=dora(releases, since=since, until=until),
        dora_before=dora(releases, since=before, until=since),
        objectives=(_availability(since, until), _steps(since), _punctuality(since), _deliveries(since)),
    )


def _changes(stage: str, since: datetime) -> tuple[Change, ...]:
    """Read every release of which the last stage tells anything since then, from its planning on."""
    ends = (Kind.PROMOTION_SUCCEEDED.value, Kind.ROLLBACK_STARTED.value)
    in_stage = Q(kind__in=ends, payload__stage=stage)
    concerned = JournalEntry.objects.filter(in_stage, at__gte=since).values("release_id")
    lines = JournalEntry.objects.filter(in_stage | Q(kind=Kind.RELEASE_CREATED.value), release_id__in=concerned)
    return changes_of(lines.only("release_id", "kind", "at", "payload").order_by("release_id", "sequence"))


def _availability(since: datetime, until: datetime) -> Measure:
    rows = HealthReport.objects.filter(checked_at__gt=since, began_at__lt=until)
    good, total = available_seconds(rows.values_list("status", "began_at", "checked_at"), since=since, until=until)
    return Measure(objective=Objective.AVAILABILITY, good=good, total=total)


def _steps(since: datetime) -> Measure:
    closed = Dispatch.objects.filter(closed_at__gte=since).exclude(state__in=_NOT_COUNTED)
    counted = closed.aggregate(total=Count("pk"), good=Count("pk", filter=Q(state=_SUCCEEDED)))
    return Measure(objective=Objective.STEPS, **counted)


def _punctuality(since: datetime) -> Measure:
    in_time = Q(closed_at__lte=F("deadline_at") + PUNCTUAL_WITHIN)
    closed = AggregationSession.objects.filter(closed_at__gte=since, deadline_at__isnull=False)
    counted = closed.aggregate(total=Count("pk"), good=Count("pk", filter=in_time))
    return Measure(objective=Objective.PUNCTUALITY, **counted)


def _deliveries(since: datetime) -> Measure:
    ended = Delivery.objects.filter(Q(delivered_at__gte=since) | Q(gave_up_at__gte=since))
    counted = ended.aggregate(total=Count("pk"), good=Count("pk", filter=Q(delivered_at__isnull=False)))
    return Measure(objective=Objective.DELIVERIES, **counted)
