"""Is the board well? The status for everybody, the checks for those who may look at the board."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from releases.api.authentication import actor_or_nobody
from releases.queries.health import HealthView, health_view

router = Router(tags=["health"])


class Checks(Schema):
    """``overdue_sessions`` counts those that a sweeper should have closed; the rest is the registry's last word."""

    database_ms: int
    running_sessions: int
    overdue_sessions: int
    versions_collected_at: datetime | None
    versions_error: str


class Health(Schema):
    status: str
    checks: Checks | None = None


@router.get("/health", response=Health, auth=None, exclude_none=True)
def health(request: HttpRequest) -> dict[str, object]:
    """``ok``, or ``degraded`` when work is left undone; 503 when the database is away."""
    view: HealthView = health_view()
    answer: dict[str, object] = {"status": view.status}
    return {**answer, "checks": view} if actor_or_nobody(request) else answer
