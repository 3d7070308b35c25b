"""A plan: which version of each service, the platform version that follows, the verdict and the order of deployment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from releases.domain.compatibility import judge
from releases.domain.dependencies import CyclicDependency, deployment_phases, restrict
from releases.domain.errors import ReleaseError
from releases.domain.evidence import open_rules
from releases.domain.platform_versions import (
    FIRST,
    PlatformBump,
    ServiceChange,
    describe_change,
    determine_platform_version,
    is_downgrade,
)
from releases.domain.selection import (
    Candidate,
    Chooser,
    Problem,
    Selection,
    defect,
    eligibility,
    select_version,
)
from releases.domain.solver import Recommendation, conflict_core, search
from releases.domain.verdicts import Constraint, Overall, Rules, Verdict
from releases.domain.versions import Direction, Flag, Level, Version, parse, parse_entered

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "Candidate",
    "Chooser",
    "Plan",
    "PlanChange",
    "PlanFacts",
    "PlanRequest",
    "Problem",
    "Selection",
    "build_plan",
    "eligibility",
    "select_version",
]

# In these kinds a service that nobody names stays as it is; in the others it takes its highest eligible version.
KEEPS_LIVE = frozenset({"independent", "hotfix", "rollback"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What a person asked for; ``forced`` asks for a PATCH although nothing changed, and needs a reason."""

    kind: str = "synchronized"
    overrides: Mapping[str, str] = field(default_factory=dict)
    target_version: str | None = None
    reason: str = ""
    forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What is known when the plan is made: ``live`` is the set of the last stable platform version ``baseline``.

    ``live`` also gives the deployed versions of ``external`` services.
    """

    baseline: Version | None
    live: Mapping[str, Version]
    candidates: Mapping[str, tuple[Candidate, ...]]
    rules: Rules
    published: Collection[Version] = ()
    admit_prereleases: bool = False
    external: frozenset[str] = frozenset()
    from_stage: str = ""
    last_stable: Mapping[str, Version] = field(default_factory=dict)
    first: Version = FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """One service of the platform, changed or not (direction NONE); ``to_version`` is empty when it is removed."""

    service: str
    from_version: str | None
    to_version: str
    direction: Direction
    level: Level
    flags: tuple[Flag, ...]
    text: str
    chosen_by: Chooser

    @property
    def is_change(self) -> bool:
        return self.level is not Level.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``phases`` hold the services that change, ``all_phases`` every one; ``digest`` changes with what was agreed to.

    ``conflict`` is the smallest set of rules to blame when no compatible set exists.
    """

    kind: str
    baseline: str | None
    platform_version: str | None
    level: Level
    rationale: tuple[str, ...]
    warnings: tuple[str, ...]
    changes: tuple[PlanChange, ...]
    verdict: Verdict
    phases: tuple[tuple[str, ...], ...]
    rollback_phases: tuple[tuple[str, ...], ...]
    all_phases: tuple[tuple[str, ...], ...]
    recommended: Recommendation | None
    conflict: tuple[Constraint, ...]
    problems: tuple[Problem, ...]
    selections: tuple[Selection, ...]
    digest: str

    @property
    def can_be_created(self) -> bool:
        """Nothing in the way; an UNDETERMINED plan may be created, for the first stage only warns of it."""
        return not self.problems and self.verdict.overall is not Overall.INCOMPATIBLE

    @property
    def changed(self) -> tuple[PlanChange, ...]:
        return tuple(change for change in self.changes if change.is_change)

    @property
    def versions(self) -> dict[str, str]:
        """Manifest of the platform version: every service that is in it, sorted by name."""
        return {change.service: change.to_version for change in self.changes if change.to_version}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sets:
    """Versions before and after, without services that could not be resolved; ``weighed`` adds the external ones."""

    before: Mapping[str, Version]
    after: Mapping[str, Version]
    weighed: Mapping[str, Version]


def build_plan(request: PlanRequest, facts: PlanFacts) -> Plan:
    """Work everything out; whatever stands in the way is a problem of the plan, never an exception."""
    facts = replace(facts, rules=replace(facts.rules, external=facts.rules.external | facts.external))
    selections = _selections(request, facts)
    sets = _sets(facts, selections)
    bump, version_problems = _bump(request, facts, sets)
    changes = _changes(sets, facts, {selection.service: selection.chosen_by for selection in selections})
    phases, cycle_problems = _phases(facts, sets, {change.service for change in changes if change.is_change})
    verdict, recommended, conflict = _weigh(facts, sets, bump.version or facts.baseline)
    plan = Plan(
        kind=request.kind,
        baseline=str(facts.baseline) if facts.baseline else None,
        platform_version=str(bump.version) if bump.version else None,
        level=bump.level,
        rationale=bump.rationale,
        warnings=bump.warnings,
        changes=changes,
        verdict=verdict,
        phases=phases.changed,
        rollback_phases=phases.changed[::-1],
        all_phases=phases.every,
        recommended=recommended,
        conflict=conflict,
        problems=(*_selection_problems(request, facts, selections), *version_problems, *cycle_problems),
        selections=selections,
        digest="",
    )
    return replace(plan, digest=_digest(plan))


def _selections(request: PlanRequest, facts: PlanFacts) -> tuple[Selection, ...]:
    offered = facts.rules.optional & (facts.live.keys() | facts.candidates.keys())
    return tuple(_select(service, request, facts) for service in sorted(facts.rules.required | offered))


def _select(service: str, request: PlanRequest, facts: PlanFacts) -> Selection:
    override = request.overrides.get(service, "")
    live = facts.live.get(service)
    if live is not None and request.kind in KEEPS_LIVE and not override.strip():
        return Selection(service=service, version=live, why=f"{live} stays as it is.", chosen_by=Chooser.LIVE)
    return select_version(
        service,
        facts.candidates.get(service, ()),
        admit_prereleases=facts.admit_prereleases,
        from_stage=facts.from_stage,
        override=override,
        reason=request.reason,
    )


def _selection_problems(
    request: PlanRequest, facts: PlanFacts, selections: tuple[Selection, ...]
) -> tuple[Problem, ...]:
    known = facts.rules.required | facts.rules.optional
    unknown = (_unknown_service(name, known) for name in sorted(request.overrides.keys() - known))
    return (*(selection.problem for selection in selections if selection.problem), *unknown)


def _unknown_service(name: str, known: Collection[str]) -> Problem:
    return Problem(
        code="unknown-service",
        service=name,
        text=f"The platform has no service {name}.",
        fix=f"Name one of {', '.join(sorted(known))}." if known else "Add the service to the platform first.",
        field=f"overrides.{name}",
    )


def _sets(facts: PlanFacts, selections: tuple[Selection, ...]) -> _Sets:
    blocked = {selection.service for selection in selections if selection.version is None}
    after = {selection.service: selection.version for selection in selections if selection.version is not None}
    external = {name: version for name, version in facts.live.items() if name in facts.rules.external}
    before = {name: facts.live[name] for name in facts.live.keys() - blocked - external.keys()}
    return _Sets(before=before, after=after, weighed={**external, **after})


def _bump(request: PlanRequest, facts: PlanFacts, sets: _Sets) -> tuple[PlatformBump, tuple[Problem, ...]]:
    """Determine the version; when the wish is refused, the plan still shows what the changes ask for."""
    plain = determine_platform_version(
        baseline=facts.baseline,
        before=sets.before,
        after=sets.after,
        last_stable=facts.last_stable,
        first=facts.first,
    )
    problems = (*_downgrade_problems(request, plain), *_force_problems(request, plain))
    try:
        bump = determine_platform_version(
            baseline=facts.baseline,
            before=sets.before,
            after=sets.after,
            forced_reason=request.reason.strip() if request.forced else "",
            requested=parse_entered(request.target_version) if request.target_version else None,
            override_reason=request.reason.strip(),
            published=facts.published,
            last_stable=facts.last_stable,
            first=facts.first,
        )
    except ReleaseError as error:
        return plain, (*problems, _version_problem(error))
    return bump, problems


def _version_problem(error: ReleaseError) -> Problem:
    return Problem(code=error.code, text=error.message, fix="Choose another platform version.", field="target_version")


def _downgrade_problems(request: PlanRequest, bump: PlatformBump) -> tuple[Problem, ...]:
    if request.reason.strip():
        return ()
    return tuple(
        Problem(
            code="downgrade-needs-reason",
            service=change.service,
            text=change.text,
            fix=f"Give a reason, or choose {change.before} or a higher version of {change.service}.",
            field="reason",
        )
        for change in bump.changes
        if is_downgrade(change)
    )


def _force_problems(request: PlanRequest, bump: PlatformBump) -> tuple[Problem, ...]:
    if bump.version is not None or (request.forced and request.reason.strip()):
        return ()
    code, field_ = ("force-needs-reason", "reason") if request.forced else ("no-change", "")
    fix = "Give a reason." if request.forced else "Choose a version that differs from the live one."
    return (Problem(code=code, text=bump.rationale[0], fix=fix, field=field_),)


def _changes(sets: _Sets, facts: PlanFacts, choosers: Mapping[str, Chooser]) -> tuple[PlanChange, ...]:
    described = (
        describe_change(name, sets.before.get(name), sets.after.get(name), facts.last_stable.get(name))
        for name in sorted({*sets.before, *sets.after})
    )
    return tuple(_plan_change(change, choosers.get(change.service, Chooser.RESOLVER)) for change in described)


def _plan_change(change: ServiceChange, chosen_by: Chooser) -> PlanChange:
    return PlanChange(
        service=change.service,
        from_version=str(change.before) if change.before else None,
        to_version=str(change.after) if change.after else "",
        direction=change.classification.direction,
        level=change.classification.level,
        flags=tuple(sorted(change.classification.flags)),
        text=change.text,
        chosen_by=chosen_by,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    every: tuple[tuple[str, ...], ...] = ()
    changed: tuple[tuple[str, ...], ...] = ()


def _phases(facts: PlanFacts, sets: _Sets, changed: Collection[str]) -> tuple[_Order, tuple[Problem, ...]]:
    graph = restrict(facts.rules.depends_on, sets.after.keys())
    try:
        every, some = deployment_phases(graph), deployment_phases(graph, only=sets.after.keys() & changed)
    except CyclicDependency as error:
        fix = "Remove one dependency of each circle."
        return _Order(), (Problem(code=error.code, service=error.members[0], text=error.message, fix=fix),)
    return _Order(every=every, changed=some), ()


def _weigh(
    facts: PlanFacts, sets: _Sets, platform_version: Version | None
) -> tuple[Verdict, Recommendation | None, tuple[Constraint, ...]]:
    """Judge the set; if it does not hold, look for the nearest one that does, else for the rules that forbid all."""
    rules, candidates, wide = facts.rules, _choices(facts), facts.admit_prereleases
    verdict = judge(
        versions=sets.weighed,
        platform_version=platform_version,
        rules=rules,
        include_prereleases=wide,
        candidates=candidates,
    )
    if verdict.overall in {Overall.COMPATIBLE, Overall.COMPATIBLE_WITH_WARNINGS}:
        return verdict, None, ()
    book = open_rules(rules, platform_version=platform_version, include_prereleases=wide)
    recommended = search(versions=sets.weighed, book=book, candidates=candidates).recommendation
    if recommended:
        return verdict, recommended, ()
    core = conflict_core(
        versions=sets.weighed,
        rules=rules,
        candidates=candidates,
        platform_version=platform_version,
        include_prereleases=wide,
    )
    return verdict, None, core


def _choices(facts: PlanFacts) -> dict[str, tuple[Version, ...]]:
    """Versions that a fix may propose: what the resolver may take, and what is live unless it has a defect."""
    return {
        service: tuple(
            parse(each.version_raw) for each in candidates if _may_propose(each, facts, facts.live.get(service))
        )
        for service, candidates in sorted(facts.candidates.items())
    }


def _may_propose(candidate: Candidate, facts: PlanFacts, live: Version | None) -> bool:
    if defect(candidate):
        return False
    is_live = live is not None and live.raw == candidate.version_raw
    return is_live or not eligibility(candidate, admit_prereleases=facts.admit_prereleases, from_stage=facts.from_stage)


def _digest(plan: Plan) -> str:
    """Hash of everything that an approval is given for; texts are left out, so that better wording voids nothing."""
    agreed = {
        "kind": plan.kind,
        "target": plan.platform_version,
        "versions": [[change.service, change.from_version, change.to_version] for change in plan.changes],
        "phases": plan.phases,
        "overall": plan.verdict.overall,
        "reasons": [[reason.code, reason.severity, reason.evidence] for reason in plan.verdict.reasons],
    }
    canonical = json.dumps(agreed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
