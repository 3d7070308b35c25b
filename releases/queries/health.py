"""Whether the board does its work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from releases.domain.lifecycle import SessionState
from releases.models import AggregationSession
from releases.queries.clock import database_now
from releases.queries.plans import collection_view

if TYPE_CHECKING:
    from datetime import datetime

# A sweeper looks once a second, so this is a long time past a deadline.
GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """``overdue_sessions`` should have been closed by a sweeper; ``database_ms`` is what two counts took."""

    database_ms: int
    running_sessions: int
    overdue_sessions: int
    versions_collected_at: datetime | None
    versions_error: str

    @property
    def status(self) -> str:
        """``degraded`` when nobody looks after deadlines."""
        return "degraded" if self.overdue_sessions else "ok"


def health_view() -> HealthView:
    """Look at the database; it raises ``OperationalError`` when it is away."""
    began = perf_counter()
    running = AggregationSession.objects.filter(state=SessionState.RUNNING.value)
    counted = running.count()
    overdue = running.filter(deadline_at__lt=database_now() - GRACE).count()
    took = perf_counter() - began
    collected = collection_view()
    return HealthView(
        database_ms=round(took * 1000),
        running_sessions=counted,
        overdue_sessions=overdue,
        versions_collected_at=collected.finished_at,
        versions_error=collected.error,
    )
