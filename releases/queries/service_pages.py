"""The page of one service: where it runs, its neighbours, its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from releases.domain.errors import NotFound
from releases.models import Service
from releases.queries.boards import service_cells
from releases.queries.plans import baseline
from releases.queries.versions import version_choices
from releases.queries.views import ServiceChoices

if TYPE_CHECKING:
    from releases.queries.views import BoardCell


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePage:
    """What the page shows."""

    slug: str
    name: str
    description: str
    dispatch_url: str
    depends_on: tuple[str, ...]
    dependants: tuple[str, ...]
    choices: ServiceChoices
    cells: tuple[BoardCell, ...]


def service_page(name: str) -> ServicePage:
    """Return the page of a service, which goes by its slug or an alias."""
    service = Service.objects.filter(Q(slug=name) | Q(aliases__name=name)).first()
    if service is None:
        message = f"There is no service {name}."
        raise NotFound(message)
    return ServicePage(
        slug=service.slug,
        name=service.name,
        description=service.description,
        dispatch_url=service.dispatch_url,
        depends_on=tuple(service.needs.order_by("provider__slug").values_list("provider__slug", flat=True)),
        dependants=tuple(service.needed_by.order_by("consumer__slug").values_list("consumer__slug", flat=True)),
        choices=_choices(service),
        cells=service_cells(service),
    )


def _choices(service: Service) -> ServiceChoices:
    base = baseline()
    versions = version_choices(service.versions.all())
    return ServiceChoices(
        service=service.slug,
        name=service.name,
        live=base.manifest.get(service.slug, "") if base else "",
        chosen="",
        resolved=next((choice.version for choice in versions if choice.eligible), ""),
        why="",
        versions=versions,
    )
