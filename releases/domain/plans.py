"""A plan: which version of each service, the platform version that follows, the verdict and the order of deployment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from releases.domain.budgets import Budget, standing_still
from releases.domain.critical_path import forecast
from releases.domain.dependencies import CyclicDependency, deployment_phases, restrict
from releases.domain.errors import ReleaseError
from releases.domain.evidence import open_rules
from releases.domain.hotfixes import hotfix_problems
from releases.domain.judgement import Judgement, judge_and_mend
from releases.domain.plan_digest import digest_of
from releases.domain.plan_kinds import KEEPS_LIVE, nothing_live, to_reverify
from releases.domain.plan_problems import (
    circle,
    nothing_to_release,
    refused_version,
    unexplained_downgrades,
    unknown_services,
)
from releases.domain.platform_versions import (
    FIRST,
    PlatformBump,
    ServiceChange,
    describe_change,
    determine_platform_version,
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
from releases.domain.stage_gates import planned_gates
from releases.domain.transitions import risk_windows
from releases.domain.verdicts import Overall, Verdict
from releases.domain.versions import Direction, Flag, Level, Version, parse, parse_entered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from releases.domain.conflict import Conflict
    from releases.domain.critical_path import Forecast
    from releases.domain.dependencies import Phases
    from releases.domain.gates import Freeze, Gate
    from releases.domain.hotfixes import HotfixScope
    from releases.domain.rules import Rules
    from releases.domain.solver import Recommendation, Search
    from releases.domain.stage_gates import StageRule
    from releases.domain.transitions import RiskWindow

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What a person asked for; ``forced`` asks for a PATCH although nothing changed, and needs a reason.

    ``path`` names the stages that the release goes through, in order; empty for all. ``urgency`` is that of a hotfix.
    """

    kind: str = "synchronized"
    urgency: str = ""
    path: tuple[str, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    target_version: str | None = None
    reason: str = ""
    forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What is known when the plan is made: ``live`` is the set of the last stable platform version ``baseline``.

    ``live`` also gives the deployed versions of ``external`` services. ``durations`` are milliseconds. ``clock`` gives
    seconds that only ever grow, to end a search for a better set in time. ``hotfix`` is what the urgency means.
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
    durations: Mapping[str, int] = field(default_factory=dict)
    freezes: tuple[Freeze, ...] = ()
    way: tuple[StageRule, ...] = ()
    hotfix: HotfixScope | None = None
    clock: Callable[[], float] = standing_still


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

    ``risks``, ``forecast`` and ``gates`` tell how it will go; they change by themselves, so nobody agrees to them.
    Without an order there is no forecast.

    ``path`` names the stages that it goes through, empty for all. ``reverify`` names the services that are not deployed
    but need one that is, at any distance; empty where everything is released together.

    ``alternative`` is the nearest set that keeps what was chosen, where the recommended one does not. ``search`` says
    how the search for a compatible set ended, None where the set fits as it is; ``conflict`` names the
    rules to blame when no compatible set exists.
    """

    kind: str
    path: tuple[str, ...]
    baseline: str | None
    platform_version: str | None
    level: Level
    rationale: tuple[str, ...]
    warnings: tuple[str, ...]
    changes: tuple[PlanChange, ...]
    verdict: Verdict
    phases: tuple[tuple[str, ...], ...]
    all_phases: tuple[tuple[str, ...], ...]
    reverify: tuple[str, ...]
    hotfix: HotfixScope | None
    recommended: Recommendation | None
    alternative: Recommendation | None
    search: Search | None
    conflict: Conflict | None
    problems: tuple[Problem, ...]
    selections: tuple[Selection, ...]
    digest: str = ""
    risks: tuple[RiskWindow, ...]
    forecast: Forecast | None
    gates: tuple[Gate, ...]

    @property
    def can_be_created(self) -> bool:
        """Nothing in the way; an UNDETERMINED plan may be created, for the first stage only warns of it."""
        return not self.problems and self.verdict.overall is not Overall.INCOMPATIBLE

    @property
    def rollback_phases(self) -> tuple[tuple[str, ...], ...]:
        """The same phases backwards: what depends on others goes first."""
        return self.phases[::-1]

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
    sets = _sets(facts, selections := _selections(request, facts))
    bump, version_problems = _bump(request, facts, sets)
    phases, cycle_problems = _phases(request, facts, sets, changes := _changes(sets, facts, selections))
    judged = _weigh(request, facts, sets, bump)
    plan = Plan(
        kind=request.kind,
        path=request.path,
        baseline=_raw(facts.baseline),
        platform_version=_raw(bump.version),
        level=bump.level,
        rationale=bump.rationale,
        warnings=bump.warnings,
        changes=changes,
        verdict=judged.verdict,
        phases=phases.changed,
        all_phases=phases.every,
        reverify=phases.reverify,
        hotfix=facts.hotfix,
        recommended=judged.recommended,
        alternative=judged.alternative,
        search=judged.search,
        conflict=judged.conflict,
        problems=(*_selection_problems(request, facts, selections), *version_problems, *cycle_problems),
        selections=selections,
        risks=_risks(facts, sets, phases.changed, bump),
        forecast=phases.forecast,
        gates=planned_gates(facts.freezes, facts.way, facts.rules.as_of),
    )
    return _with_digest(plan)


def _raw(version: Version | None) -> str | None:
    return version.raw if version else None


def _risks(facts: PlanFacts, sets: _Sets, phases: Phases, bump: PlatformBump) -> tuple[RiskWindow, ...]:
    """Judge what runs side by side on the way, by the rules for where it leads."""
    wide = facts.admit_prereleases
    book = open_rules(facts.rules, platform_version=bump.version or facts.baseline, include_prereleases=wide)
    return risk_windows(sets.before, sets.after, phases, book)


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
    unknown = unknown_services(request.overrides, facts.rules.required | facts.rules.optional)
    return (
        *nothing_live(request.kind, facts.live),
        *hotfix_problems(request.kind, request.reason, facts.hotfix),
        *(selection.problem for selection in selections if selection.problem),
        *unknown,
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
    reason = request.reason.strip()
    problems = (
        *unexplained_downgrades(plain, reason),
        *nothing_to_release(plain, reason, forced=request.forced),
    )
    try:
        bump = determine_platform_version(
            baseline=facts.baseline,
            before=sets.before,
            after=sets.after,
            forced_reason=reason if request.forced else "",
            requested=parse_entered(request.target_version) if request.target_version else None,
            override_reason=reason,
            published=facts.published,
            last_stable=facts.last_stable,
            first=facts.first,
        )
    except ReleaseError as error:
        return plain, (*problems, refused_version(error))
    return bump, problems


def _changes(sets: _Sets, facts: PlanFacts, selections: tuple[Selection, ...]) -> tuple[PlanChange, ...]:
    choosers = {selection.service: selection.chosen_by for selection in selections}
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
    reverify: tuple[str, ...] = ()
    forecast: Forecast | None = None


def _phases(
    request: PlanRequest, facts: PlanFacts, sets: _Sets, changes: tuple[PlanChange, ...]
) -> tuple[_Order, tuple[Problem, ...]]:
    changed = {change.service for change in changes if change.is_change}
    graph = restrict(facts.rules.depends_on, sets.after.keys())
    try:
        every, some = deployment_phases(graph), deployment_phases(graph, only=sets.after.keys() & changed)
    except CyclicDependency as error:
        return _Order(), (circle(error),)
    reverify = to_reverify(request.kind, changed, graph, sets.after.keys() - changed)
    took = forecast(graph, some, facts.durations)
    return _Order(every=every, changed=some, reverify=reverify, forecast=took), ()


def _weigh(request: PlanRequest, facts: PlanFacts, sets: _Sets, bump: PlatformBump) -> Judgement:
    return judge_and_mend(
        versions=sets.weighed,
        platform_version=bump.version or facts.baseline,
        rules=facts.rules,
        include_prereleases=facts.admit_prereleases,
        candidates=_choices(facts),
        chosen=[service for service, version in request.overrides.items() if version.strip()],
        budget=Budget(clock=facts.clock),
    )


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


def _with_digest(plan: Plan) -> Plan:
    digest = digest_of(
        kind=plan.kind,
        target=plan.platform_version,
        changes=[(change.service, change.from_version, change.to_version) for change in plan.changes],
        phases=plan.phases,
        verdict=plan.verdict,
        # Left out where there is none, so that plans which were agreed to before there were paths keep their digest.
        **({"path": plan.path} if plan.path else {}),
        **({"hotfix": plan.hotfix.agreed} if plan.hotfix else {}),
    )
    return replace(plan, digest=digest)
