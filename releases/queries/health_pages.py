"""The newest look at the platform's health, and how it fared before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from releases import conf
from releases.domain.access import Permission, why_not
from releases.domain.health import WORST_FIRST, Check, Finding, Health
from releases.models import HealthReport, Pulse
from releases.queries.views import Control

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.domain.access import Actor

HISTORY = 20
PULSE = "health"
# A pulse this old means that somebody asks to be told now.
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
NAMES = {
    Check.SERVICES: "Service health",
    Check.CONNECTIVITY: "Connectivity between services",
    Check.DATABASE: "Database",
    Check.EXTERNAL: "External dependencies",
    Check.PERFORMANCE: "Performance",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One check, its findings worst first."""

    check: str
    name: str
    status: str
    summary: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSpan:
    """A time in which nothing changed: from its first look to its last."""

    id: int
    status: str
    stage: str
    platform_version: str
    services: Mapping[str, str]
    began_at: datetime
    checked_at: datetime
    looks: int
    checks: tuple[CheckView, ...]

    @property
    def troubles(self) -> tuple[CheckView, ...]:
        return tuple(each for each in self.checks if each.status != Health.HEALTHY)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPage:
    """``now`` is the newest look, None before the first; ``checking`` while one was asked for."""

    now: HealthSpan | None
    before: tuple[HealthSpan, ...]
    checking: bool
    every_s: int
    ask: Control


def health_page(actor: Actor) -> HealthPage:
    """Return what the page shows, in a fixed number of queries."""
    spans = health_spans(limit=HISTORY + 1)
    refusal = why_not(actor, Permission.PROBE)
    return HealthPage(
        now=spans[0] if spans else None,
        before=spans[1:],
        checking=Pulse.objects.filter(name=PULSE, at=AT_ONCE).exists(),
        every_s=round(conf.health_every().total_seconds()),
        ask=Control(verb="check", allowed=not refusal, why_not=refusal),
    )


def health_spans(*, limit: int, before: int | None = None) -> tuple[HealthSpan, ...]:
    """Return the history, newest first, from below the row ``before`` where one is given."""
    rows = HealthReport.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return tuple(map(_span, rows[:limit]))


def newest_health() -> HealthSpan | None:
    """Return the newest look, None before the first."""
    return next(iter(health_spans(limit=1)), None)


def _span(row: HealthReport) -> HealthSpan:
    return HealthSpan(
        id=row.pk,
        status=row.status,
        stage=row.stage,
        platform_version=row.platform_version,
        services=row.services,
        began_at=row.began_at,
        checked_at=row.checked_at,
        looks=row.looks,
        checks=tuple(_check(each) for each in row.checks),
    )


def _check(stored: Mapping[str, object]) -> CheckView:
    findings = stored["findings"]
    assert isinstance(findings, list)  # noqa: S101 (as the action stores it)
    found = (Finding(**{**each, "status": Health(each["status"])}) for each in findings)
    check = Check(str(stored["check"]))
    return CheckView(
        check=check.value,
        name=NAMES[check],
        status=str(stored["status"]),
        summary=str(stored["summary"]),
        findings=tuple(sorted(found, key=lambda each: WORST_FIRST.index(each.status))),
    )
