"""Describing a platform in one document: stages, services, dependencies, rules, and what is live already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from releases.domain.access import SYSTEM, Actor, Permission, require
from releases.domain.errors import Conflict, InvalidInput, NotFound
from releases.domain.verdicts import Severity
from releases.domain.versions import parse_entered
from releases.models import (
    CompatibilityRow,
    Constraint,
    Dependency,
    Deployment,
    PlatformVersion,
    Service,
    ServiceAlias,
    ServiceVersion,
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
    services = {entry["slug"]: _load_service(entry) for entry in document["services"]}
    for consumer, providers in document.get("dependencies", {}).items():
        for provider in providers:
            Dependency.objects.get_or_create(consumer=services[consumer], provider=services[provider])
    for rule in document.get("constraints", ()):
        _load_constraint(services, rule)
    for platform_version, approved in document.get("rows", {}).items():
        for slug, versions in approved.items():
            CompatibilityRow.objects.update_or_create(
                platform_version=platform_version,
                service=services[slug],
                defaults={"approved": list(versions)},
            )
    if live := document.get("live"):
        _adopt(services, live)


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


@transaction.atomic(durable=True)
def register_version(*, actor: Actor, service: str, version: str, notes: str = "") -> ServiceVersion:
    """Note a build that a pipeline announces; the registry's next collection says how far it has come."""
    require(actor, Permission.REGISTER)
    owner = Service.objects.filter(slug=service).first()
    if owner is None:
        message = f"There is no service {service}."
        raise NotFound(message)
    try:
        parsed = parse_entered(version)
    except InvalidInput as mistake:
        raise InvalidInput("version", mistake.message) from mistake
    if ServiceVersion.objects.filter(service=owner, version=parsed.raw).exists():
        message = f"{service} {parsed.raw} is already registered."
        raise Conflict(message)
    return ServiceVersion.objects.create(
        service=owner,
        version=parsed.raw,
        registry_status="REGISTERED",
        registered_at=database_now(),
        notes=notes,
    )
