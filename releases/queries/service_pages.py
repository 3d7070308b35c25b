"""The page of one service: where it runs, its neighbours, its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from releases.domain.access import Actor, Permission, why_not
from releases.domain.errors import NotFound
from releases.models import Service
from releases.queries.boards import service_cells
from releases.queries.contents import contents_view
from releases.queries.contracts import contracts_of
from releases.queries.documents import document_views, fetch_views
from releases.queries.plans import baseline
from releases.queries.probes import probe_views, round_view
from releases.queries.versions import version_choices
from releases.queries.views import Control, ServiceChoices

if TYPE_CHECKING:
    from releases.queries.contents import ContentsView
    from releases.queries.contracts import ContractView
    from releases.queries.documents import DocumentView, FetchView
    from releases.queries.probes import ProbeView, RoundView
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
    contents: ContentsView
    cells: tuple[BoardCell, ...]
    contracts: tuple[ContractView, ...]
    documents: tuple[DocumentView, ...]
    fetches: tuple[FetchView, ...]
    probing: ProbingView

    @property
    def relies_on(self) -> tuple[ContractView, ...]:
        return tuple(contract for contract in self.contracts if contract.consumer == self.slug)

    @property
    def relied_on_by(self) -> tuple[ContractView, ...]:
        return tuple(contract for contract in self.contracts if contract.provider == self.slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbingView:
    """The newest answers of a service to its probes, how the newest round goes, and whether one may be asked for."""

    service: str
    base_url: str
    probes: tuple[ProbeView, ...]
    round: RoundView
    ask: Control


def service_page(name: str, actor: Actor) -> ServicePage:
    """Return the page of a service, which goes by its slug or an alias."""
    service = _service(name)
    return ServicePage(
        slug=service.slug,
        name=service.name,
        description=service.description,
        dispatch_url=service.dispatch_url,
        depends_on=tuple(service.needs.order_by("provider__slug").values_list("provider__slug", flat=True)),
        dependants=tuple(service.needed_by.order_by("consumer__slug").values_list("consumer__slug", flat=True)),
        choices=_choices(service),
        contents=contents_view(service),
        cells=service_cells(service),
        contracts=contracts_of(service.slug),
        documents=document_views(service),
        fetches=fetch_views(service),
        probing=_probing(service, actor),
    )


def probing_view(name: str, actor: Actor) -> ProbingView:
    """Return the part of the page that changes while a round of probes is on its way."""
    return _probing(_service(name), actor)


def _probing(service: Service, actor: Actor) -> ProbingView:
    refusal = why_not(actor, Permission.PROBE)
    return ProbingView(
        service=service.slug,
        base_url=service.base_url,
        probes=probe_views(service),
        round=round_view(),
        ask=Control(verb="probe", allowed=not refusal, why_not=refusal),
    )


def _service(name: str) -> Service:
    service = Service.objects.filter(Q(slug=name) | Q(aliases__name=name)).first()
    if service is None:
        message = f"There is no service {name}."
        raise NotFound(message)
    return service


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
