"""Checking the platform's health: claimed by one process at a time, stored as a history, told when it changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.probing import request_probing
from releases.actions.telling import Message, followers, open_deliveries
from releases.clients.redis_server import ping
from releases.domain.access import Permission, require
from releases.domain.health import Change, Health
from releases.domain.telling import is_wanted
from releases.domain.wording import DEFAULT_TEXT, DEFAULT_TITLE, worded
from releases.models import HealthReport, MessageTemplate, Pulse
from releases.queries.clock import database_now
from releases.queries.health_pages import AT_ONCE, PULSE
from releases.queries.platform_health import platform_report

if TYPE_CHECKING:
    from datetime import datetime

    from releases.domain.access import Actor
    from releases.domain.health import Report

KEEP = timedelta(days=400)


def request_check(*, actor: Actor) -> None:
    """Ask for new probes and a check, which the next sweep of any process carries out."""
    require(actor, Permission.PROBE)
    request_probing(actor=actor)
    _ask_for_one()


@transaction.atomic(durable=True)
def _ask_for_one() -> None:
    Pulse.objects.update_or_create(name=PULSE, defaults={"at": AT_ONCE})


def keep_health() -> None:
    """Check the platform when the last look is long enough ago, unless another process does."""
    if _claim():
        _store(platform_report(ping(conf.redis_url()) if conf.redis_url() else None))


def _claim() -> bool:
    now, every = database_now(), conf.health_every()
    if every:
        Pulse.objects.get_or_create(name=PULSE, defaults={"at": AT_ONCE})
    due = Pulse.objects.filter(name=PULSE, at__lte=now - every if every else AT_ONCE)
    return due.exists() and bool(due.update(at=now))


@transaction.atomic(durable=True)
def _store(report: Report) -> None:
    """Note the look, tell of it when the platform's status is another one, and forget what is very old."""
    Pulse.objects.select_for_update().get(name=PULSE)
    now = database_now()
    last = HealthReport.objects.order_by("-pk").first()
    seen = _row(report, now)
    if last is not None and _statuses(last) == _statuses(seen):
        last.checked_at, last.looks, last.checks = now, last.looks + 1, seen.checks
        last.save(update_fields=["checked_at", "looks", "checks"])
        return
    seen.save(force_insert=True)
    before = Health(last.status) if last else Health.HEALTHY
    if report.status is not before:
        _tell(Change(before=before, report=report), now)
    HealthReport.objects.filter(checked_at__lt=now - KEEP).delete()


def _row(report: Report, now: datetime) -> HealthReport:
    return HealthReport(
        status=report.status.value,
        stage=report.stage,
        platform_version=report.platform_version,
        services=dict(report.services),
        checks=[
            {
                "check": each.check.value,
                "status": each.status.value,
                "summary": each.summary,
                "findings": [asdict(finding) for finding in each.findings],
            }
            for each in report.checks
        ],
        began_at=now,
        checked_at=now,
    )


def _statuses(row: HealthReport) -> tuple[object, ...]:
    """Return what makes another row: any check that fares otherwise, or another version that runs."""
    return (row.status, row.platform_version, row.services, [each["status"] for each in row.checks])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """The change as an entry that can be worded."""

    kind: str
    at: datetime
    payload: dict[str, object]
    actor: str = "board"
    service: str = ""


def _tell(change: Change, now: datetime) -> None:
    report = change.report
    wanting = [
        each for each in followers() if is_wanted(change.kind, report.stage, events=each.events, stages=each.stages)
    ]
    if not wanting:
        return
    told = _Told(kind=change.kind, at=now, payload={"before": change.before.value, "reason": report.trouble})
    open_deliveries(
        wanting,
        Message(kind=change.kind, at=now),
        document=lambda: _document(change, now),
        note=lambda: _note(change, told),
    )


def _document(change: Change, now: datetime) -> dict[str, object]:
    row = _row(change.report, now)
    return {
        "type": change.kind,
        "timestamp": now,
        "data": {
            "before": change.before.value,
            "status": row.status,
            "stage": row.stage,
            "platform_version": row.platform_version,
            "services": row.services,
            "checks": row.checks,
            "links": {"page": _page(), "report": f"{conf.site_url()}/api/v1/health"},
        },
    }


def _note(change: Change, told: _Told) -> dict[str, object]:
    own = MessageTemplate.objects.filter(kind=told.kind).first()
    title, text = (own.title, own.text) if own else (DEFAULT_TITLE, DEFAULT_TEXT)
    sentence = conf.wording()(told)
    note = worded(title, text, _values(change, told, sentence.text))
    return {"title": note.title, "text": note.text, "tone": sentence.status.tone.value}


def _values(change: Change, told: _Told, sentence: str) -> dict[str, str]:
    return {
        "sentence": sentence,
        "event": told.kind,
        "platform": conf.platform_name(),
        "version": change.report.platform_version,
        "target": change.report.platform_version,
        "title": "",
        "stage": change.report.stage,
        "service": "",
        "actor": told.actor,
        "reason": change.report.trouble,
        "at": f"{told.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "link": _page(),
    }


def _page() -> str:
    return f"{conf.site_url()}/health"
