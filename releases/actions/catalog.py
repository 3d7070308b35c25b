"""Describing a platform in one document: stages, services, dependencies, rules, and what is live already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from releases.actions.groups import keep_groups
from releases.actions.observing import open_observation
from releases.domain.access import SYSTEM
from releases.domain.promises import Maturity, Method, Probe
from releases.domain.rules import Severity
from releases.models import (
    BreakingChange,
    CompatibilityRow,
    Constraint,
    Contract,
    Dependency,
    Deployment,
    DeploymentContract,
    PlatformVersion,
    Service,
    ServiceAlias,
    Stage,
)
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


@transaction.atomic(durable=True)
def load_platform(document: Document) -> None:
    """Add what the document describes and update what is already there; nothing is deleted, so it can be repeated."""
    for position, stage in enumerate(document["stages"]):
        _load_stage(position, stage)
    keep_groups()
    services = {entry["slug"]: _load_service(entry) for entry in document["services"]}
    for consumer, providers in document.get("dependencies", {}).items():
        for provider in providers:
            Dependency.objects.get_or_create(consumer=services[consumer], provider=services[provider])
    _load_promises(services, document)
    _load_rules(services, document)
    if live := document.get("live"):
        _adopt(services, live)


def _load_promises(services: Mapping[str, Service], document: Document) -> None:
    for contract in document.get("contracts", ()):
        _load_contract(services, contract)
    for change in document.get("breaking_changes", ()):
        _load_breaking_change(services, change)
    for contract in document.get("deployment_contracts", ()):
        _load_deployment_contract(services, contract)


def _load_rules(services: Mapping[str, Service], document: Document) -> None:
    for rule in document.get("constraints", ()):
        _load_constraint(services, rule)
    for platform_version, approved in document.get("rows", {}).items():
        for slug, versions in approved.items():
            CompatibilityRow.objects.update_or_create(
                platform_version=platform_version,
                service=services[slug],
                defaults={"approved": list(versions)},
            )


def _load_stage(position: int, entry: Document) -> None:
    Stage.objects.update_or_create(
        name=entry["name"],
        defaults={
            "position": position,
            "channel": entry.get("channel", ""),
            "admits_prereleases": entry.get("admits_prereleases", False),
        },
    )


def _load_service(entry: Document) -> Service:
    service, _ = Service.objects.update_or_create(
        slug=entry["slug"],
        defaults={
            "name": entry["name"],
            "description": entry.get("description", ""),
            "application_key": entry["application_key"],
            "dispatch_url": entry["dispatch_url"],
            "base_url": entry.get("base_url", ""),
            "openapi_path": entry.get("openapi_path", "/openapi.json"),
            "required": entry.get("required", True),
        },
    )
    for alias in entry.get("aliases", ()):
        ServiceAlias.objects.update_or_create(name=alias, defaults={"service": service})
    return service


def _load_constraint(services: Mapping[str, Service], rule: Document) -> None:
    Constraint.objects.update_or_create(
        consumer=services[rule["consumer"]],
        consumer_range=rule["consumer_range"],
        provider=services[rule["provider"]],
        defaults={
            "provider_range": rule["provider_range"],
            "severity": Severity(str(rule.get("severity", "error")).upper()).value,
            "note": rule.get("note", ""),
        },
    )


def _load_contract(services: Mapping[str, Service], contract: Document) -> None:
    Contract.objects.update_or_create(
        consumer=services[contract["consumer"]],
        consumer_range=contract.get("consumer_range", "*"),
        provider=services[contract["provider"]],
        method=Method(contract["method"]).value,
        path=contract["path"],
        defaults={
            "built_for": contract.get("built_for", ""),
            "stable_since": contract.get("stable_since", ""),
            "maturity": Maturity(contract.get("maturity", Maturity.STABLE)).value,
            "request_schema": contract.get("request_schema"),
            "response_schema": contract.get("response_schema"),
            "note": contract.get("note", ""),
        },
    )


def _load_breaking_change(services: Mapping[str, Service], change: Document) -> None:
    BreakingChange.objects.get_or_create(
        provider=services[change["provider"]],
        version=change["version"],
        method=change.get("method", ""),
        path=change.get("path", ""),
        text=change["text"],
    )


def _load_deployment_contract(services: Mapping[str, Service], contract: Document) -> None:
    provider = contract.get("provider")
    DeploymentContract.objects.update_or_create(
        consumer=services[contract["consumer"]],
        provider=services[provider] if provider else None,
        probe=Probe(contract["probe"]).value,
        defaults={"path": contract["path"]},
    )


def _adopt(services: Mapping[str, Service], live: Document) -> None:
    """Record what ran before the board did, in every stage that has no version of its own yet."""
    now = database_now()
    label, _ = PlatformVersion.objects.get_or_create(
        version=live["platform_version"],
        defaults={"manifest": dict(live["versions"]), "created_at": now},
    )
    for stage in Stage.objects.filter(live_version=None):
        stage.live_version, stage.live_since_at = label, now
        stage.save(update_fields=["live_version", "live_since_at"])
        for slug, version in live["versions"].items():
            Deployment.objects.get_or_create(
                stage=stage,
                service=services[slug],
                defaults={"version": version, "deployed_by": SYSTEM.name, "deployed_at": now},
            )
        open_observation(stage, platform_version=label.version, at=now)
