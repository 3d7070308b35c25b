"""Services and their registered versions, as the API lists them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.errors import NotFound
from releases.models import Deployment, Service
from releases.queries.rules import declared_dependencies
from releases.queries.versions import version_choices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.queries.views import VersionChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service; ``live`` maps each stage to the version that runs there."""

    slug: str
    name: str
    description: str
    application_key: str
    required: bool
    aliases: tuple[str, ...]
    depends_on: tuple[str, ...]
    live: Mapping[str, str]


def service_views() -> tuple[ServiceView, ...]:
    """Return every service by name, in a fixed number of queries."""
    needs = declared_dependencies()
    live = _live()
    return tuple(
        ServiceView(
            slug=service.slug,
            name=service.name,
            description=service.description,
            application_key=service.application_key,
            required=service.required,
            aliases=tuple(sorted(alias.name for alias in service.aliases.all())),
            depends_on=tuple(sorted(needs.get(service.slug, ()))),
            live=live[service.slug],
        )
        for service in Service.objects.prefetch_related("aliases").order_by("slug")
    )


def _live() -> defaultdict[str, dict[str, str]]:
    live: defaultdict[str, dict[str, str]] = defaultdict(dict)
    deployments = Deployment.objects.order_by("stage__position")
    for slug, stage, version in deployments.values_list("service__slug", "stage__name", "version"):
        live[slug][stage] = version
    return live


def versions_of(slug: str) -> tuple[VersionChoice, ...]:
    """Return a service's registered versions, newest first, each with why it may not be taken."""
    service = Service.objects.filter(slug=slug).first()
    if service is None:
        message = f"There is no service {slug}."
        raise NotFound(message)
    return version_choices(service.versions.all())
