"""Probes of what is deployed: what is to be asked, what was answered last, and how the newest round goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.deployment_contracts import DeploymentContract, ProbeOrder, expand
from releases.domain.promises import Probe, ProbeOutcome
from releases.models import Deployment, ProbeResult, ProbeRound, Service
from releases.models import DeploymentContract as DeclaredContract

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

# An error of a contract is a break; a probe that nobody answered is not known to be one.
_STATES = {outcome: outcome.value for outcome in ProbeOutcome} | {ProbeOutcome.ERROR: "unanswered"}
_WORST_LAST = (ProbeOutcome.PASSED, ProbeOutcome.NOT_CONFIGURED, ProbeOutcome.ERROR, ProbeOutcome.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedProbe:
    """``url`` is empty where the service has no base address."""

    order: ProbeOrder
    stage_id: int
    service_id: int
    version: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeView:
    """The newest answer to one probe of a service in one stage; ``state`` names how it is shown."""

    stage: str
    probe: str
    path: str
    state: str
    message: str
    version: str
    took_ms: int | None
    probed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """``finished_at`` is when the last round ended, None before the first."""

    running: bool
    finished_at: datetime | None


def deployment_contracts() -> tuple[DeploymentContract, ...]:
    return tuple(
        DeploymentContract(
            id=contract.pk,
            consumer=contract.consumer.slug,
            provider=contract.provider.slug if contract.provider else "",
            probe=Probe(contract.probe),
            path=contract.path,
        )
        for contract in DeclaredContract.objects.select_related("consumer", "provider").order_by("pk")
    )


def planned_probes() -> tuple[PlannedProbe, ...]:
    """Return every probe of every service in every stage that it is deployed to, in three queries."""
    contracts = deployment_contracts()
    services = {service.slug: service for service in Service.objects.all()}
    return tuple(
        PlannedProbe(
            order=order,
            stage_id=stage_id,
            service_id=services[order.service].pk,
            version=versions[order.service],
            url=_url(services[order.service].base_url, order.path),
        )
        for stage_id, versions in _deployed().items()
        for order in expand(contracts, versions)
    )


def _deployed() -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    rows = Deployment.objects.order_by("stage__position", "service__slug")
    for stage_id, slug, version in rows.values_list("stage", "service__slug", "version"):
        found.setdefault(stage_id, {})[slug] = version
    return found


def _url(base_url: str, path: str) -> str:
    return base_url.rstrip("/") + path if base_url else ""


def newest_results(versions: Mapping[str, str]) -> dict[tuple[int, str], ProbeResult]:
    """Return what the last round heard of these versions, by contract and service; the worst of several stages.

    Older rounds do not count: what answered then says nothing about what answers now.
    """
    found: dict[tuple[int, str], ProbeResult] = {}
    for result in _last_round().select_related("service").order_by("pk"):
        slug = result.service.slug
        if versions.get(slug) == result.version:
            known = found.setdefault((result.contract_id, slug), result)
            found[result.contract_id, slug] = max(known, result, key=_gravity)
    return found


def _gravity(result: ProbeResult) -> int:
    return _WORST_LAST.index(ProbeOutcome(result.outcome))


def _last_round() -> QuerySet[ProbeResult]:
    last = ProbeRound.objects.filter(finished_at__isnull=False).order_by("-pk").first()
    return ProbeResult.objects.filter(round=last) if last else ProbeResult.objects.none()


def probe_views(service: Service) -> tuple[ProbeView, ...]:
    """Return what the service answered in the last round, stage by stage."""
    results = _last_round().filter(service=service).select_related("stage", "contract")
    return tuple(
        ProbeView(
            stage=result.stage.name,
            probe=result.contract.probe,
            path=result.contract.path,
            state=_STATES[ProbeOutcome(result.outcome)],
            message=result.message,
            version=result.version,
            took_ms=result.took_ms,
            probed_at=result.probed_at,
        )
        for result in results.order_by("stage__position", "contract__probe", "pk")
    )


def round_view() -> RoundView:
    """Return how the newest round of probing goes."""
    finished = ProbeRound.objects.filter(finished_at__isnull=False).order_by("-pk").first()
    return RoundView(
        running=ProbeRound.objects.filter(finished_at=None).exists(),
        finished_at=finished.finished_at if finished else None,
    )
