"""The health of the platform: five checks, each from what was observed, and the one status that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING

from releases.domain.promises import ProbeOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Health(StrEnum):
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    UNHEALTHY = "UNHEALTHY"
    UNKNOWN = "UNKNOWN"


class Check(StrEnum):
    """What is looked at, in the order in which it is told."""

    SERVICES = "service_health"
    CONNECTIVITY = "inter_service_connectivity"
    DATABASE = "database_connectivity"
    EXTERNAL = "external_dependencies"
    PERFORMANCE = "performance"


# A known fault outweighs what nobody knows, and what nobody knows is not healthy.
WORST_FIRST = (Health.UNHEALTHY, Health.DEGRADED, Health.UNKNOWN, Health.HEALTHY)
# Beyond this many times the limit an answer is no longer merely slow.
FAR_TOO_SLOW = 3
_PERCENTILE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: ``subject`` names it, ``text`` is a sentence, ``fix`` another where one helps."""

    subject: str
    status: Health
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found; ``nothing`` says why there are no findings."""

    check: Check
    findings: tuple[Finding, ...] = ()
    nothing: str = ""

    @property
    def status(self) -> Health:
        """The worst finding; without any nothing is known."""
        return worst_of(finding.status for finding in self.findings)

    @property
    def summary(self) -> str:
        """Say the worst finding and how many share it, or that all is well."""
        if not self.findings:
            return self.nothing
        worst = [finding for finding in self.findings if finding.status is self.status]
        if self.status is Health.HEALTHY:
            return (
                self.findings[0].text
                if len(self.findings) == 1
                else f"All {len(self.findings)} that were looked at are well."
            )
        more = len(worst) - 1
        return worst[0].text + (f" And {more} more." if more else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All checks at one moment; ``stage`` runs ``services`` under ``platform_version``."""

    stage: str
    platform_version: str
    services: Mapping[str, str]
    checks: tuple[CheckResult, ...]

    @property
    def status(self) -> Health:
        return worst_of(check.status for check in self.checks)

    @property
    def trouble(self) -> str:
        """Say what keeps the platform from being healthy, worst first; empty when nothing does."""
        bad = sorted(
            (check for check in self.checks if check.status is not Health.HEALTHY),
            key=lambda check: WORST_FIRST.index(check.status),
        )
        return " ".join(check.summary for check in bad)


def worst_of(statuses: Iterable[Health]) -> Health:
    """Return the worst; of nothing, UNKNOWN."""
    return min(statuses, key=WORST_FIRST.index, default=Health.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """The newest answer of a service to one probe; ``outcome`` is None where it was never asked as it runs now."""

    service: str
    probe: str
    outcome: ProbeOutcome | None
    message: str = ""


def service_health(probes: Sequence[Probed], *, stale: str = "") -> CheckResult:
    """Judge every service by its probes; ``stale`` says since when nobody probes, which makes old answers unknown."""
    by_service: dict[str, list[Probed]] = {}
    for probe in probes:
        by_service.setdefault(probe.service, []).append(probe)
    return CheckResult(
        check=Check.SERVICES,
        findings=tuple(_service(name, answers, stale) for name, answers in sorted(by_service.items())),
        nothing="No service is probed, for no deployment contract says what to ask.",
    )


def _service(name: str, answers: Sequence[Probed], stale: str) -> Finding:
    if stale:
        return Finding(subject=name, status=Health.UNKNOWN, text=f"{name}: {stale}", fix="Probe the services again.")
    worst = min(answers, key=lambda answer: WORST_FIRST.index(_health_of(answer)))
    status = _health_of(worst)
    if status is Health.HEALTHY:
        return Finding(subject=name, status=status, text=f"{name} passed {_counted(len(answers), 'probe')}.")
    return Finding(
        subject=name,
        status=status,
        text=f"{name}: {_named(worst.probe)} {_outcome(worst)}.",
        fix=_FIXES[worst.outcome].format(service=name) if worst.outcome in _FIXES else "",
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _named(probe: str) -> str:
    return probe.replace("_", " ")


_HEALTH_OF = {
    ProbeOutcome.PASSED: Health.HEALTHY,
    ProbeOutcome.FAILED: Health.UNHEALTHY,
    ProbeOutcome.ERROR: Health.UNHEALTHY,
}
_WORDS = {
    ProbeOutcome.FAILED: "failed",
    ProbeOutcome.ERROR: "got no answer",
    ProbeOutcome.NOT_CONFIGURED: "cannot be sent, for the service has no base URL",
    None: "was not asked since this version runs",
}
_FIXES: Mapping[ProbeOutcome | None, str] = {
    ProbeOutcome.FAILED: "Look at the logs of {service}, or take the release back.",
    ProbeOutcome.ERROR: "Check that {service} runs and that its base URL is right.",
    ProbeOutcome.NOT_CONFIGURED: "Give {service} a base URL in the admin.",
}


def _health_of(answer: Probed) -> Health:
    return _HEALTH_OF.get(answer.outcome, Health.UNKNOWN) if answer.outcome else Health.UNKNOWN


def _outcome(answer: Probed) -> str:
    words = _WORDS[answer.outcome]
    return f"{words}: {answer.message.rstrip('.')}" if answer.message else words


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A service that calls another, with the versions that run; an empty ``serves`` means that it does not run.

    ``misfit`` says why the two versions do not fit; empty where nothing speaks against it.
    """

    consumer: str
    provider: str
    serves: str
    misfit: str = ""


def connectivity(edges: Sequence[Edge], services: CheckResult) -> CheckResult:
    """Judge every dependency by whether its provider runs, answers, and fits its consumer."""
    health = {finding.subject: finding.status for finding in services.findings}
    return CheckResult(
        check=Check.CONNECTIVITY,
        findings=tuple(_edge(edge, health.get(edge.provider, Health.UNKNOWN)) for edge in edges),
        nothing="No service that runs depends on another.",
    )


def _edge(edge: Edge, provider: Health) -> Finding:
    subject = f"{edge.consumer} → {edge.provider}"
    if not edge.serves:
        text = f"{edge.consumer} needs {edge.provider}, which does not run."
        return Finding(subject=subject, status=Health.UNHEALTHY, text=text, fix=f"Deploy {edge.provider}.")
    if edge.misfit:
        return Finding(subject=subject, status=Health.UNHEALTHY, text=edge.misfit)
    if provider is Health.HEALTHY:
        text = f"{edge.consumer} reaches {edge.provider} {edge.serves}, which answers and fits."
        return Finding(subject=subject, status=provider, text=text)
    what = "is not known to answer" if provider is Health.UNKNOWN else "does not answer as it should"
    return Finding(subject=subject, status=provider, text=f"{edge.consumer} calls {edge.provider}, which {what}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """``connections`` and ``limit`` are None where the database counts none."""

    name: str
    took_ms: int
    overdue_sessions: int
    connections: int | None = None
    limit: int | None = None


SLOW_DATABASE_MS = 250
_NEARLY_ALL = 0.9


def database(facts: DatabaseFacts) -> CheckResult:
    """Judge the board's database by its answer, its free connections, and whether what is due in it gets done."""
    return CheckResult(check=Check.DATABASE, findings=tuple(_database_findings(facts)))


def _database_findings(facts: DatabaseFacts) -> Iterable[Finding]:
    slow = facts.took_ms > SLOW_DATABASE_MS
    yield Finding(
        subject=facts.name,
        status=Health.DEGRADED if slow else Health.HEALTHY,
        text=f"{facts.name} answered in {facts.took_ms} ms{f', more than {SLOW_DATABASE_MS} ms' if slow else ''}.",
        fix="Look for what else keeps it busy." if slow else "",
    )
    if facts.connections is not None and facts.limit:
        full = facts.connections >= facts.limit * _NEARLY_ALL
        yield Finding(
            subject="connections",
            status=Health.DEGRADED if full else Health.HEALTHY,
            text=f"{facts.connections} of {facts.limit} connections are in use.",
            fix="Raise max_connections, or run fewer processes." if full else "",
        )
    overdue = facts.overdue_sessions
    yield Finding(
        subject="sweeper",
        status=Health.DEGRADED if overdue else Health.HEALTHY,
        text=f"{_counted(overdue, 'session')} past the deadline {'is' if overdue == 1 else 'are'} still open."
        if overdue
        else "What is due gets done.",
        fix="See whether a web or worker process runs, and what its log says." if overdue else "",
    )


def external(findings: Iterable[Finding]) -> CheckResult:
    """Gather what is known of everything outside that the board depends on."""
    return CheckResult(
        check=Check.EXTERNAL,
        findings=tuple(findings),
        nothing="Nothing outside is configured: no AppTrust (JFROG_URL) and no Redis (REDIS_URL).",
    )


def performance(took_ms: Mapping[str, Sequence[int]], *, limit_ms: int) -> CheckResult:
    """Judge each service by the 95th percentile of how long its newest probes took."""
    measured = sorted((name, times) for name, times in took_ms.items() if times)
    return CheckResult(
        check=Check.PERFORMANCE,
        findings=tuple(_speed(name, percentile(times), len(times), limit_ms) for name, times in measured),
        nothing="Nobody measured: no probe was answered lately.",
    )


def _speed(name: str, p95: int, count: int, limit_ms: int) -> Finding:
    text = f"{name}: 95 % of {_counted(count, 'answer')} within {p95} ms"
    if p95 <= limit_ms:
        return Finding(subject=name, status=Health.HEALTHY, text=f"{text}; at most {limit_ms} ms are fine.")
    status = Health.UNHEALTHY if p95 > limit_ms * FAR_TOO_SLOW else Health.DEGRADED
    return Finding(
        subject=name, status=status, text=f"{text}, more than {limit_ms} ms.", fix=f"Look at what {name} waits for."
    )


def percentile(values: Sequence[int], part: float = _PERCENTILE) -> int:
    """Return the smallest value that this part of ``values`` does not exceed; there is at least one."""
    return sorted(values)[ceil(part * len(values)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The platform's status went from ``before`` to that of ``report``."""

    before: Health
    report: Report

    @property
    def kind(self) -> str:
        return kind_of(self.report.status)


def kind_of(status: Health) -> str:
    """Return what followers subscribe to for the change to this status, for example ``platform.degraded``."""
    return f"platform.{status.value.lower()}"


CHANGE_KINDS = tuple(kind_of(status) for status in Health)
