"""The graph of the services, and whether any set of their versions keeps every rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.dependencies import CyclicDependency, deployment_phases
from releases.domain.errors import InvalidInput
from releases.domain.plans import PlanRequest
from releases.queries.catalog import slugs_by_alias
from releases.queries.plans import computed_plan
from releases.queries.rules import declared_dependencies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from releases.domain.conflict import Conflict
    from releases.domain.dependencies import Phases


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyAnalysis:
    """``circles`` are closed paths; ``conflict`` holds the rules to blame where no set of versions fits."""

    phases: Phases = ()
    circles: tuple[tuple[str, ...], ...] = ()
    blocked: tuple[str, ...] = ()
    conflict: Conflict | None = None


def dependency_analysis(versions: Mapping[str, str]) -> DependencyAnalysis:
    """Analyse the graph and the set; services that are not named take what the resolver chooses.

    ``InvalidInput`` refuses a choice that is not eligible; what else may be wrong is no matter of the graph.
    """
    plan = computed_plan(PlanRequest(overrides=versions))
    slugs = slugs_by_alias()
    chosen = {f"overrides.{slugs.get(name, name)}" for name in versions}
    wrong = next((problem for problem in plan.problems if problem.field in chosen), None)
    if wrong:
        raise InvalidInput("versions", f"{wrong.text} {wrong.fix}")
    try:
        return DependencyAnalysis(phases=deployment_phases(declared_dependencies()), conflict=plan.conflict)
    except CyclicDependency as error:
        return DependencyAnalysis(circles=error.cycles, blocked=error.blocked, conflict=plan.conflict)


def named_versions(texts: Iterable[str]) -> dict[str, str]:
    """Read ``inventory:1.3.0,checkout:1.5.2``, or the same in several parts; raises ``InvalidInput``."""
    named: dict[str, str] = {}
    for part in (part.strip() for text in texts for part in text.split(",") if part.strip()):
        service, _, version = (each.strip() for each in part.partition(":"))
        if not service or not version:
            raise InvalidInput("versions", f"“{part}” names no version: write service:version, as in inventory:1.3.0.")
        if service in named:
            raise InvalidInput("versions", f"{service} is named twice.")
        named[service] = version
    return named
