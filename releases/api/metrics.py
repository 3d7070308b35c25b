"""How releasing goes, in numbers."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from django.http import HttpRequest
from ninja import Router, Schema

from releases.domain.dora import Dora
from releases.domain.objectives import Measure
from releases.queries.metric_views import Metrics
from releases.queries.metrics import metrics

router = Router(tags=["metrics"])
Window = Literal["7d", "30d", "90d", "365d"]


class DoraAnswer(Schema):
    """Times are medians and rates parts of 1; null where nothing can be said.

    Lead time is from a release's planning until it is live in the last stage; failed changes were taken back or mended
    by a hotfix; recovery is from planning such a remedy until it is live; rework is the part of hotfixes.
    """

    deployments: int
    deployments_per_week: float
    lead_time_ms: int | None
    changes: int
    failed_changes: int
    change_failure_rate: float | None
    recoveries: int
    recovery_time_ms: int | None
    reworks: int
    rework_rate: float | None


class DoraMetrics(DoraAnswer):
    """Of ``stage`` from ``since`` to ``until``; ``before`` is the period of the same length before it."""

    stage: str
    since: datetime
    until: datetime
    before: DoraAnswer


class ObjectiveAnswer(Schema):
    """``good`` of ``total`` seconds or things; ``budget_left`` is the part of the allowed bad that is left."""

    objective: str
    target: float
    good: float
    total: float
    attained: float | None
    budget_left: float | None
    status: str


class Objectives(Schema):
    since: datetime
    until: datetime
    objectives: list[ObjectiveAnswer]


@router.get("/metrics/dora", response=DoraMetrics)
def dora_metrics(request: HttpRequest, window: Window = "30d") -> dict[str, object]:
    """The five metrics of the last days, from the board's own journals."""
    found = _of(window)
    period = {"stage": found.stage, "since": found.since, "until": found.until}
    return {**period, **_dora(found.dora), "before": _dora(found.dora_before)}


@router.get("/metrics/objectives", response=Objectives)
def objectives(request: HttpRequest, window: Window = "30d") -> dict[str, object]:
    """Whether what the board promises held in the last days, and how much may still go wrong."""
    found = _of(window)
    return {"since": found.since, "until": found.until, "objectives": [_measure(each) for each in found.objectives]}


def _of(window: Window) -> Metrics:
    return metrics(int(window.removesuffix("d")))


def _dora(found: Dora) -> dict[str, object]:
    return {
        "deployments": found.deployments,
        "deployments_per_week": round(found.per_week, 2),
        "lead_time_ms": _ms(found.lead_time),
        "changes": found.changes,
        "failed_changes": found.failed,
        "change_failure_rate": found.change_failure_rate,
        "recoveries": found.recoveries,
        "recovery_time_ms": _ms(found.recovery_time),
        "reworks": found.reworks,
        "rework_rate": found.rework_rate,
    }


def _measure(found: Measure) -> dict[str, object]:
    return {
        "objective": found.objective.value,
        "target": found.target,
        "good": found.good,
        "total": found.total,
        "attained": found.attained,
        "budget_left": found.budget_left,
        "status": found.status.value,
    }


def _ms(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds() * 1000)
