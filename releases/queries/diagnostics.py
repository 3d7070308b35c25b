"""The diagnostics: each area of what is known, what was checked in it, and what was found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.compatibility import judge
from releases.domain.diagnosis import (
    document_findings,
    order_of,
    rule_findings,
    running_findings,
    set_findings,
    version_findings,
)
from releases.domain.plans import PlanRequest
from releases.domain.verdicts import WORST_FIRST
from releases.domain.versions import parse
from releases.models import Deployment, Service, Stage
from releases.queries.plans import computed_plan
from releases.queries.rules import declared_rules
from releases.queries.versions import candidate, version_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from releases.domain.dependencies import Phases
    from releases.domain.diagnosis import Finding
    from releases.domain.plans import Plan
    from releases.domain.rules import Rules
    from releases.domain.verdicts import Verdict
    from releases.domain.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """``checked`` says what was looked at, ``healthy`` what that means where nothing was found."""

    key: str
    title: str
    checked: str
    healthy: str
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> str:
        """The gravest severity among the findings; ``healthy`` without any."""
        found = {finding.severity for finding in self.findings}
        return next((severity for severity in WORST_FIRST if severity in found), "healthy")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    stage: str
    versions: Mapping[str, Version]
    platform_version: Version | None
    admits_prereleases: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsPage:
    """``phases`` are empty where a circle leaves no order; without a service there is nothing to diagnose."""

    areas: tuple[Area, ...]
    phases: Phases
    has_services: bool

    @property
    def count(self) -> int:
        return sum(len(area.findings) for area in self.areas)

    @property
    def worst(self) -> str:
        """The gravest severity of all areas; ``healthy`` where nothing was found."""
        found = {area.worst for area in self.areas}
        return next((severity for severity in WORST_FIRST if severity in found), "healthy")


def diagnostics_page() -> DiagnosticsPage:
    """Check everything that a plan rests on, in a fixed number of queries."""
    rules, plan, running = declared_rules(), computed_plan(PlanRequest()), _running()
    phases, circles = order_of(rules.depends_on)
    chosen = {service: {version} for service, version in plan.versions.items()}
    areas = (
        _dependencies(rules, phases, circles),
        _versions(),
        _newest(plan),
        _stages(rules, running),
        _rules(rules),
        _documents(rules, chosen, running),
    )
    return DiagnosticsPage(areas=areas, phases=phases, has_services=bool(rules.depends_on))


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def _dependencies(rules: Rules, phases: Phases, circles: tuple[Finding, ...]) -> Area:
    edges = sum(map(len, rules.depends_on.values()))
    return Area(
        key="dependencies",
        title="Dependencies",
        checked=f"{_counted(edges, 'dependency', 'dependencies')} between {_counted(len(rules.depends_on), 'service')}",
        healthy=f"There is no circle: everything can be deployed in {_counted(len(phases), 'phase')}.",
        findings=circles,
    )


def _versions() -> Area:
    rows = version_rows()
    slugs = Service.objects.values_list("slug", flat=True)
    candidates = {slug: [candidate(row) for row in rows.get(slug, ())] for slug in slugs}
    registered = sum(map(len, candidates.values()))
    return Area(
        key="versions",
        title="Registered versions",
        checked=f"{_counted(registered, 'version')} of {_counted(len(candidates), 'service')}",
        healthy="Each service has an eligible version, and everything that the registry lists is a version.",
        findings=version_findings(candidates),
    )


def _newest(plan: Plan) -> Area:
    chosen = ", ".join(f"{service} {version}" for service, version in plan.versions.items())
    return Area(
        key="set",
        title="The newest eligible set",
        checked=chosen or "no versions, for none can be chosen",
        healthy="They fit together as they are.",
        findings=set_findings(plan) if plan.versions else (),
    )


def _stages(rules: Rules, running: Iterable[_Running]) -> Area:
    found = [finding for each in running for finding in running_findings(each.stage, _verdict(rules, each))]
    return Area(
        key="stages",
        title="What runs now",
        checked=", ".join(each.stage for each in running) or "no stage, for none runs anything",
        healthy="What each stage runs fits together.",
        findings=tuple(found),
    )


def _verdict(rules: Rules, running: _Running) -> Verdict:
    return judge(
        versions=running.versions,
        platform_version=running.platform_version,
        rules=rules,
        include_prereleases=running.admits_prereleases,
    )


def _running() -> tuple[_Running, ...]:
    """Read what each stage runs, under the platform version that its label leads to, as the board judges it."""
    found: defaultdict[int, dict[str, Version]] = defaultdict(dict)
    for stage_id, service, text in Deployment.objects.values_list("stage_id", "service__slug", "version"):
        found[stage_id][service] = parse(text)
    stages = Stage.objects.select_related("live_version").order_by("position")
    return tuple(
        _Running(
            stage=stage.name,
            versions=found[stage.pk],
            platform_version=_target(stage.live_version.version) if stage.live_version else None,
            admits_prereleases=stage.admits_prereleases,
        )
        for stage in stages
        if stage.pk in found
    )


def _target(label: str) -> Version:
    return parse(".".join(map(str, parse(label).core)))


def _rules(rules: Rules) -> Area:
    counts = (
        _counted(len(rules.constraints), "compatibility rule"),
        _counted(len(rules.rows), "row"),
        _counted(len(rules.denials), "denial"),
        _counted(len(rules.contracts), "contract"),
    )
    return Area(
        key="rules",
        title="Rules",
        checked=", ".join(counts),
        healthy="Each can be read, admits something, and contradicts no other.",
        findings=rule_findings(rules),
    )


def _documents(rules: Rules, chosen: Mapping[str, set[str]], running: Iterable[_Running]) -> Area:
    versions: defaultdict[str, set[str]] = defaultdict(set, {name: set(texts) for name, texts in chosen.items()})
    for each in running:
        for service, version in each.versions.items():
            versions[service].add(version.raw)
    providers = {contract.provider for contract in rules.contracts}
    return Area(
        key="documents",
        title="Contracts and their documents",
        checked=f"{_counted(len(rules.contracts), 'contract')} with {_counted(len(providers), 'service')}",
        healthy="Every version of a provider that runs or would be chosen has its API document.",
        findings=document_findings(rules, versions),
    )
