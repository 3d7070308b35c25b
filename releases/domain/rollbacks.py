"""Going back: what a stage would run again, in which order, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from releases.domain.compatibility import judge
from releases.domain.critical_path import forecast
from releases.domain.dependencies import CyclicDependency, against, restrict, rollback_phases
from releases.domain.evidence import open_rules
from releases.domain.plan_digest import digest_of
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.plan_problems import circle
from releases.domain.selection import Problem
from releases.domain.transitions import risk_windows
from releases.domain.verdicts import Overall
from releases.domain.versions import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from releases.domain.critical_path import Forecast
    from releases.domain.dependencies import Graph, Phases
    from releases.domain.rules import Rules
    from releases.domain.transitions import RiskWindow
    from releases.domain.verdicts import Verdict
    from releases.domain.versions import Version

# Of the labels that rollbacks carry: 2.2.0-rollback.1 is the first way back from 2.2.0.
CHANNEL = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A set that ran in the stage: ``version`` is the platform version it ran as, ``until`` None while it does."""

    version: str
    manifest: Mapping[str, str]
    since: datetime
    until: datetime | None
    probes: int
    failed_probes: int

    @property
    def is_verified(self) -> bool:
        """It ran as one whole, and nothing that was probed meanwhile failed."""
        return not self.failed_probes


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackFacts:
    """``irreversible`` says by service and version why what it did cannot be undone; ``durations`` are milliseconds.

    ``quarantined`` holds the versions that nobody may run again, ``later`` by service what runs in stages further on,
    as version and stage, and ``registry_stages`` where the registry has each version that runs.
    """

    stage: str
    version: str
    running: Mapping[str, str]
    target: Target
    rules: Rules
    include_prereleases: bool = False
    irreversible: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    quarantined: Mapping[str, Collection[str]] = field(default_factory=dict)
    later: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    registry_stages: Mapping[str, str] = field(default_factory=dict)
    durations: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One service that goes back, to no version where it did not run before; ``irreversible`` says what of its
    present version stays done all the same.

    ``spared`` says why the version that it leaves is not put in quarantine, empty when it is; with ``is_registered``
    the registry has it in this stage, and takes it back too.
    """

    service: str
    from_version: str
    to_version: str
    irreversible: tuple[str, ...] = ()
    spared: str = ""
    is_registered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPlan:
    """``phases`` hold only what moves, dependents first.

    ``digest`` changes with everything that an operator agrees to; ``risks`` and ``forecast`` change by themselves.
    """

    stage: str
    version: str
    target: Target
    moves: tuple[Move, ...]
    phases: tuple[tuple[str, ...], ...]
    verdict: Verdict
    risks: tuple[RiskWindow, ...]
    forecast: Forecast | None
    problems: tuple[Problem, ...]
    digest: str = ""

    @property
    def manifest(self) -> dict[str, str]:
        """What the stage runs afterwards, by service."""
        return dict(sorted(self.target.manifest.items()))

    @property
    def irreversible(self) -> tuple[str, ...]:
        """What cannot be undone, as sentences."""
        return tuple(f"{move.service}: {text}" for move in self.moves for text in move.irreversible)

    @property
    def quarantine(self) -> tuple[str, ...]:
        """The services whose present version is put in quarantine."""
        return tuple(move.service for move in self.moves if not move.spared)

    @property
    def can_start(self) -> bool:
        return not self.problems


def build_rollback(facts: RollbackFacts) -> RollbackPlan:
    """Work out the way back; whatever stands against it is a problem of the plan, never an exception."""
    moves = _moves(facts)
    moving = {move.service for move in moves}
    before = {service: parse(version) for service, version in facts.running.items()}
    after = {service: parse(version) for service, version in facts.target.manifest.items()}
    graph = restrict(facts.rules.depends_on, {*before, *after})
    phases, circles = _phases(graph, moving)
    verdict = _verdict(facts, after)
    plan = RollbackPlan(
        stage=facts.stage,
        version=facts.version,
        target=facts.target,
        moves=moves,
        phases=phases,
        verdict=verdict,
        risks=() if circles else _risks(facts, before, after, phases),
        forecast=None if circles else forecast(graph, phases, facts.durations),
        problems=(*circles, *_nothing_to_do(facts, moves), *_held_back(facts), *_unfit(facts, verdict)),
    )
    return replace(plan, digest=_digest(plan))


def _phases(graph: Graph, moving: Collection[str]) -> tuple[Phases, tuple[Problem, ...]]:
    try:
        return rollback_phases(graph, only=moving), ()
    except CyclicDependency as error:
        return (), (circle(error),)


def _moves(facts: RollbackFacts) -> tuple[Move, ...]:
    target = facts.target.manifest
    return tuple(
        Move(
            service=service,
            from_version=facts.running.get(service, ""),
            to_version=target.get(service, ""),
            irreversible=_undoable(facts, service),
            spared=_spared(facts, service),
            is_registered=is_stage(facts.registry_stages.get(service, ""), facts.stage),
        )
        for service in sorted({*target, *facts.running})
        if facts.running.get(service) != target.get(service)
    )


def _undoable(facts: RollbackFacts, service: str) -> tuple[str, ...]:
    """Return what every version above the target, up to the one that runs, did for good."""
    running, target = facts.running.get(service), facts.target.manifest.get(service)
    if running is None:
        return ()
    known = ((parse(raw), text) for raw, text in facts.irreversible.get(service, {}).items())
    return tuple(
        f"{version} {text}"
        for version, text in sorted(known)
        if version <= parse(running) and (target is None or version > parse(target))
    )


def is_stage(registered: str, stage: str) -> bool:
    """Tell whether the registry's name of a stage means this one; a project puts its own name in front."""
    return f"-{registered}".casefold().endswith(f"-{stage}".casefold())


def _spared(facts: RollbackFacts, service: str) -> str:
    """Say why the version that a service leaves stays eligible: what runs further on has proved itself there."""
    running = facts.running.get(service, "")
    if not running:
        return "It did not run here."
    stage = facts.later.get(service, {}).get(running, "")
    return f"It runs in {stage}." if stage else ""


def waits_for(kind: str, depends_on: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Return which services wait for which: in a rollback a provider waits for what needs it."""
    return against(depends_on) if kind == ROLLBACK else depends_on


def core_of(label: str) -> Version:
    """Return the platform version that a label is a candidate of: 2.2.0 of 2.2.0-beta.1."""
    return parse(".".join(map(str, parse(label).core)))


def _verdict(facts: RollbackFacts, after: Mapping[str, Version]) -> Verdict:
    return judge(
        versions=after,
        platform_version=core_of(facts.target.version),
        rules=facts.rules,
        include_prereleases=facts.include_prereleases,
    )


def _risks(
    facts: RollbackFacts,
    before: Mapping[str, Version],
    after: Mapping[str, Version],
    phases: tuple[tuple[str, ...], ...],
) -> tuple[RiskWindow, ...]:
    book = open_rules(
        facts.rules, platform_version=core_of(facts.target.version), include_prereleases=facts.include_prereleases
    )
    return risk_windows(before, after, phases, book)


def _nothing_to_do(facts: RollbackFacts, moves: tuple[Move, ...]) -> tuple[Problem, ...]:
    if moves:
        return ()
    text = f"{facts.stage} already runs what {facts.target.version} had."
    return (Problem(code="nothing-to-roll-back", text=text, fix="", field="target_version"),)


def _held_back(facts: RollbackFacts) -> tuple[Problem, ...]:
    held = [
        f"{service} {version}"
        for service, version in sorted(facts.target.manifest.items())
        if version in facts.quarantined.get(service, ()) and facts.running.get(service) != version
    ]
    if not held:
        return ()
    text = f"{facts.target.version} had what is in quarantine by now: {', '.join(held)}."
    return (Problem(code="target-quarantined", text=text, fix="Choose another target.", field="target_version"),)


def _unfit(facts: RollbackFacts, verdict: Verdict) -> tuple[Problem, ...]:
    if verdict.overall is not Overall.INCOMPATIBLE:
        return ()
    text = f"The set of {facts.target.version} does not fit together any more: {verdict.errors[0].text}"
    return (Problem(code="target-incompatible", text=text, fix="Choose another target.", field="target_version"),)


def _digest(plan: RollbackPlan) -> str:
    return digest_of(
        verdict=plan.verdict,
        changes=[(move.service, move.from_version, move.to_version) for move in plan.moves],
        kind=ROLLBACK,
        stage=plan.stage,
        version=plan.version,
        target=plan.target.version,
        phases=plan.phases,
        irreversible=plan.irreversible,
    )
