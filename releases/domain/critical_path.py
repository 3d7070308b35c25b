"""How long a plan will take: along its longest chain, and as it is really carried out, phase by phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.dependencies import deployment_phases

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from releases.domain.dependencies import Graph, Phases


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Milliseconds; None is unknown, because the services in ``unknown`` have never been promoted.

    ``barrier_ms`` is what a promotion takes, for each phase waits for its slowest service; ``critical_path`` is the
    longest chain of services that wait for each other, and ``critical_path_ms`` how long it would take by itself.
    """

    critical_path_ms: int | None
    critical_path: tuple[str, ...]
    barrier_ms: int | None
    unknown: tuple[str, ...]


def forecast(depends_on: Graph, phases: Phases, durations: Mapping[str, int]) -> Forecast:
    """Foresee how long these phases take; services outside them take no time but still order the others.

    Raises ``CyclicDependency``, for a circle has no longest chain.
    """
    promoted = {service for phase in phases for service in phase}
    unknown = tuple(sorted(promoted - durations.keys()))
    if unknown:
        return Forecast(critical_path_ms=None, critical_path=(), barrier_ms=None, unknown=unknown)
    ms, services = _longest_chain(depends_on, {service: durations[service] for service in promoted})
    barrier = sum(max(durations[service] for service in phase) for phase in phases)
    return Forecast(critical_path_ms=ms, critical_path=services, barrier_ms=barrier, unknown=())


def _longest_chain(depends_on: Graph, durations: Mapping[str, int]) -> tuple[int, tuple[str, ...]]:
    """Length of the longest chain and its services; names break ties."""
    ends: dict[str, int] = {}
    waits_for: dict[str, str] = {}
    for service in (service for phase in deployment_phases(depends_on) for service in phase):
        slowest = _slowest(depends_on.get(service, ()), ends)
        if slowest:
            waits_for[service] = slowest
        ends[service] = ends.get(slowest, 0) + durations.get(service, 0)
    last = _slowest(durations, ends)
    return ends.get(last, 0), _chain(last, waits_for, durations)


def _slowest(services: Collection[str], ends: Mapping[str, int]) -> str:
    return min(services, key=lambda service: (-ends[service], service), default="")


def _chain(last: str, waits_for: Mapping[str, str], durations: Mapping[str, int]) -> tuple[str, ...]:
    chain, service = [], last
    while service:
        if service in durations:
            chain.append(service)
        service = waits_for.get(service, "")
    return tuple(reversed(chain))
