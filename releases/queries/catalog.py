"""The services in the order that people think of them: what others need comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.dependencies import CyclicDependency, deployment_phases
from releases.models import Service

if TYPE_CHECKING:
    from collections.abc import Mapping


def services_in_order(depends_on: Mapping[str, frozenset[str]]) -> list[Service]:
    """Return all services phase by phase; by name where a cycle leaves no order."""
    services = {service.slug: service for service in Service.objects.all()}
    try:
        phases = deployment_phases(depends_on)
    except CyclicDependency:
        return list(services.values())
    return [services[slug] for phase in phases for slug in phase if slug in services]


def slugs_by_alias() -> dict[str, str]:
    """Map every alias to the slug of its service."""
    return dict(Service.objects.filter(aliases__isnull=False).values_list("aliases__name", "slug"))
