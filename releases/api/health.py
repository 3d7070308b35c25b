"""Is the board well, and the platform? The status for everybody, the checks for those who may look at the board."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)
from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Query, Router, Schema

from releases.api.authentication import actor_or_nobody
from releases.api.fields import Cursor, Limit
from releases.queries.health import HealthView, health_view
from releases.queries.health_pages import health_spans, newest_health

router = Router(tags=["health"])


class Checks(Schema):
    """``overdue_sessions`` counts those that a sweeper should have closed; the rest is the registry's last word."""

    database_ms: int
    running_sessions: int
    overdue_sessions: int
    versions_collected_at: datetime | None = None
    versions_error: str


class FindingAnswer(Schema):
    subject: str
    status: str
    text: str
    fix: str


class CheckAnswer(Schema):
    """``status`` is the worst of its findings, UNKNOWN without any."""

    check: str
    name: str
    status: str
    summary: str
    findings: list[FindingAnswer]


class PlatformHealth(Schema):
    """One report: HEALTHY, DEGRADED, UNHEALTHY or UNKNOWN from ``began_at`` to ``checked_at``, as ``looks`` found."""

    status: str
    stage: str
    platform_version: str
    services: dict[str, str]
    began_at: datetime
    checked_at: datetime
    looks: int
    checks: list[CheckAnswer]


class Health(Schema):
    status: str
    checks: Checks | None = None
    platform: PlatformHealth | None = None


class HistoryQuery(Schema):
    limit: Limit = 25
    cursor: Cursor | None = None


class HealthHistory(Schema):
    items: list[PlatformHealth]
    next_cursor: int | None


@router.get("/health", response=Health, auth=None, exclude_none=True)
def health(request: HttpRequest) -> dict[str, object]:
    """``ok``, or ``degraded`` when work is left undone; 503 when the database is away.

    Who may look at the board is told the checks, and the newest report on the platform.
    """
    view: HealthView = health_view()
    answer: dict[str, object] = {"status": view.status}
    if actor_or_nobody(request) is None:
        return answer
    return {**answer, "checks": view, "platform": newest_health()}


@router.get("/health/history", response=HealthHistory)
def health_history(request: HttpRequest, query: Query[HistoryQuery]) -> dict[str, object]:
    """How the platform fared, newest first: a report for each time that something changed."""
    found = health_spans(limit=query.limit + 1, before=query.cursor)
    more = found[query.limit - 1].id if len(found) > query.limit else None
    return {"items": found[: query.limit], "next_cursor": more}
