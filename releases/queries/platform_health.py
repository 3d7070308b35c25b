"""What is known of the platform now, as the domain judges its health."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from django.db import connection

from releases import conf
from releases.domain import health
from releases.domain.compatibility import judge
from releases.domain.health import DatabaseFacts, Edge, Finding, Health, Probed, Report
from releases.domain.lifecycle import SessionState
from releases.domain.observations import spell_out
from releases.domain.promises import ProbeOutcome
from releases.domain.rules import Severity
from releases.domain.versions import parse
from releases.models import AggregationSession, Delivery, Deployment, ProbeResult, ProbeRound, Stage
from releases.queries.clock import database_now
from releases.queries.health import GRACE
from releases.queries.plans import collection_view
from releases.queries.probes import planned_probes
from releases.queries.rules import declared_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from releases.clients.redis_server import RedisAnswer
    from releases.domain.rules import Rules

# Older answers say nothing about now: three rounds were missed.
MISSED = 3
ASKED_BY_HAND = timedelta(hours=1)
MEASURED_OVER = timedelta(minutes=15)
GIVEN_UP_WITHIN = timedelta(hours=1)


def platform_report(redis: RedisAnswer | None = None) -> Report:
    """Carry out the five checks on the last stage; ``redis`` is what it answered, None where there is none."""
    stage = Stage.objects.select_related("live_version").order_by("-position").first()
    live = _live(stage)
    now = database_now()
    services = health.service_health(_probed(stage), stale=_stale(now))
    return Report(
        stage=stage.name if stage else "",
        platform_version=stage.live_version.version if stage and stage.live_version else "",
        services=live,
        checks=(
            services,
            health.connectivity(_edges(declared_rules(), live), services),
            health.database(_database()),
            health.external(_outside(now, redis)),
            health.performance(_took_ms(stage, live, now), limit_ms=conf.health_slow_ms()),
        ),
    )


def _live(stage: Stage | None) -> dict[str, str]:
    rows = Deployment.objects.filter(stage=stage).order_by("service__slug")
    return dict(rows.values_list("service__slug", "version"))


def _last_round() -> ProbeRound | None:
    return ProbeRound.objects.filter(finished_at__isnull=False).order_by("-pk").first()


def _stale(now: datetime) -> str:
    """Say since when nobody probes, empty while the last answers are fresh; who was never asked says so itself."""
    last, every = _last_round(), conf.probe_every()
    if last is None or last.finished_at is None:
        return ""
    age = now - last.finished_at
    return f"nobody probed it for {spell_out(age)}." if age > (every * MISSED or ASKED_BY_HAND) else ""


def _probed(stage: Stage | None) -> list[Probed]:
    last = _last_round()
    results = ProbeResult.objects.filter(round=last, stage=stage) if last and stage else ProbeResult.objects.none()
    answers = {(each.contract_id, each.service_id, each.version): each for each in results}
    planned = (each for each in planned_probes() if stage and each.stage_id == stage.pk)
    found = []
    for each in planned:
        answer = answers.get((each.order.contract_id, each.service_id, each.version))
        outcome = ProbeOutcome(answer.outcome) if answer else None
        message = answer.message if answer else ""
        found.append(Probed(service=each.order.service, probe=each.order.probe.value, outcome=outcome, message=message))
    return found


def _edges(rules: Rules, live: Mapping[str, str]) -> list[Edge]:
    versions = {service: parse(text) for service, text in live.items()}
    verdict = judge(versions=versions, platform_version=None, rules=rules)
    misfits = {
        frozenset({reason.service, reason.other}): reason.text
        for reason in reversed(verdict.reasons)
        if reason.decisive and reason.counts_as is Severity.ERROR
    }
    return [
        Edge(
            consumer=consumer,
            provider=provider,
            serves=live.get(provider, ""),
            misfit=misfits.get(frozenset({consumer, provider}), ""),
        )
        for consumer in sorted(live)
        for provider in sorted(rules.depends_on.get(consumer, frozenset()) - rules.external - {consumer})
    ]


def _database() -> DatabaseFacts:
    began = perf_counter()
    running = AggregationSession.objects.filter(state=SessionState.RUNNING.value)
    overdue = running.filter(deadline_at__lt=database_now() - GRACE).count()
    took_ms = round((perf_counter() - began) * 1000)
    connections, limit = _connections()
    return DatabaseFacts(
        name=connection.display_name,
        took_ms=took_ms,
        overdue_sessions=overdue,
        connections=connections,
        limit=limit,
    )


def _connections() -> tuple[int | None, int | None]:
    if connection.vendor != "postgresql":
        return None, None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity")
        used, limit = cursor.fetchone()
    return used, limit


def _outside(now: datetime, redis: RedisAnswer | None) -> Iterator[Finding]:
    if conf.registry_url():
        yield _registry(now)
    if redis is not None:
        yield _redis(redis)
    yield from _receivers(now)


def _registry(now: datetime) -> Finding:
    collected = collection_view()
    if collected.finished_at is None:
        text = "AppTrust was never asked for versions yet."
        return Finding(subject="AppTrust", status=Health.UNKNOWN, text=text, fix="Collect the versions.")
    if collected.error:
        text = f"AppTrust could not be read: {collected.error.rstrip('.')}."
        return Finding(subject="AppTrust", status=Health.DEGRADED, text=text, fix="Check JFROG_URL and its token.")
    age = now - collected.finished_at
    if age > max(conf.collect_every() * MISSED, MEASURED_OVER):
        text = f"AppTrust was not asked for {spell_out(age)}."
        return Finding(subject="AppTrust", status=Health.DEGRADED, text=text, fix="See whether beat runs.")
    text = f"AppTrust answered with {collected.versions} versions."
    return Finding(subject="AppTrust", status=Health.HEALTHY, text=text)


def _redis(answer: RedisAnswer) -> Finding:
    if answer.error:
        text = f"Redis does not answer ({answer.error}); live pages look every two seconds meanwhile."
        return Finding(subject="Redis", status=Health.DEGRADED, text=text, fix="Check REDIS_URL and the server.")
    return Finding(subject="Redis", status=Health.HEALTHY, text=f"Redis answered in {answer.took_ms} ms.")


def _receivers(now: datetime) -> Iterator[Finding]:
    """Tell of receivers that took nothing; what tells of health itself is left out, or it would tell of itself."""
    lost = Delivery.objects.filter(gave_up_at__gt=now - GIVEN_UP_WITHIN, release__isnull=False)
    names = [each.receiver.name for each in lost.select_related("inbox", "subscription", "channel").order_by("pk")]
    for name in dict.fromkeys(names):
        count = names.count(name)
        text = f"{name} did not take {count} message{'' if count == 1 else 's'} within the last hour."
        yield Finding(subject=name, status=Health.DEGRADED, text=text, fix="Deliveries tell what it answered.")


def _took_ms(stage: Stage | None, live: Mapping[str, str], now: datetime) -> dict[str, list[int]]:
    since = now - max(MEASURED_OVER, conf.probe_every() * MISSED)
    answered = ProbeResult.objects.filter(stage=stage, probed_at__gt=since, took_ms__isnull=False)
    found: defaultdict[str, list[int]] = defaultdict(list)
    for service, version, took in answered.values_list("service__slug", "version", "took_ms"):
        if live.get(service) == version and took is not None:
            found[service].append(took)
    return found
