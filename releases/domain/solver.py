"""The nearest set of versions that is compatible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.budgets import Budget
from releases.domain.compatibility import membership
from releases.domain.evidence import RuleBook, open_rules
from releases.domain.rules import Severity
from releases.domain.solving.growth import Ending, Growth, grow
from releases.domain.solving.space import Space
from releases.domain.versions import Direction, classify

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from releases.domain.findings import Pair
    from releases.domain.rules import Constraint, Rules
    from releases.domain.versions import Version

    Versions = Mapping[str, Version]
    Candidates = Mapping[str, Sequence[Version]]
    Cost = tuple[int, int, tuple[int, ...], int, tuple[int, ...]]


BLOCKING = frozenset({Severity.ERROR, Severity.UNKNOWN})


class Proof(StrEnum):
    PROVEN = "PROVEN"
    BEST_FOUND = "BEST_FOUND"


class Search(StrEnum):
    """What a search came to; UNDETERMINED when its budget ended before a set was found or ruled out."""

    FOUND = "FOUND"
    NONE = "NONE"
    UNDETERMINED = "UNDETERMINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendedChange:
    """``before`` is None for a service that was missing."""

    service: str
    before: Version | None
    after: Version
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A compatible set; BEST_FOUND when the search ended before it could rule out a better one."""

    versions: Mapping[str, Version]
    changes: tuple[RecommendedChange, ...]
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """There is a recommendation exactly when the result is FOUND; ``nodes`` is what of the budget is spent so far.

    ``alternative`` is the nearest set that keeps what a person chose, where the recommendation does not.
    """

    recommendation: Recommendation | None
    result: Search
    nodes: int
    alternative: Recommendation | None = None


def recommend(
    *,
    versions: Versions,
    rules: Rules,
    candidates: Candidates,
    pins: Collection[str] = (),
    platform_version: Version | None,
    include_prereleases: bool,
    budget: Budget | None = None,
) -> Recommendation | None:
    """Change as little as possible until nothing is broken or unknown; None when no such set was found."""
    return search(
        versions=versions,
        book=open_rules(rules, platform_version=platform_version, include_prereleases=include_prereleases),
        candidates=candidates,
        pins=pins,
        budget=budget,
    ).recommendation


def search(
    *,
    versions: Versions,
    book: RuleBook,
    candidates: Candidates,
    pins: Collection[str] = (),
    choices: Collection[str] = (),
    budget: Budget | None = None,
) -> Outcome:
    """Find the cheapest set that nothing speaks against.

    Where it gives up one of the ``choices``, also find the cheapest that keeps them all.
    """
    budget, blockers = budget or Budget(), Blockers(book)
    chosen = frozenset(choices) & versions.keys() - frozenset(pins)
    with budget.holding_back(0.25 if chosen else 0):
        free = _search(versions, blockers, candidates, pins, budget)
    if free.recommendation is None or all(free.recommendation.versions[name] == versions[name] for name in chosen):
        return free
    kept = _search(versions, blockers, candidates, {*pins, *chosen}, budget)
    return replace(free, alternative=kept.recommendation, nodes=kept.nodes)


def _search(
    versions: Versions, blockers: Blockers, candidates: Candidates, pins: Collection[str], budget: Budget
) -> Outcome:
    space = Space(
        book=blockers.book,
        originals=versions,
        candidates=candidates,
        fixed=frozenset(pins) | blockers.book.rules.external,
        blame=blockers,
        budget=budget,
    )
    growth = Growth(ending=Ending.IMPOSSIBLE) if lacks_membership(space) else grow(space, budget)
    found = _recommendation(space, growth.versions, growth.ending) if growth.versions is not None else None
    return Outcome(recommendation=found, result=_RESULTS[growth.ending], nodes=budget.spent)


_RESULTS = {
    Ending.CHEAPEST: Search.FOUND,
    Ending.SOME: Search.FOUND,
    Ending.IMPOSSIBLE: Search.NONE,
    Ending.SPENT: Search.UNDETERMINED,
}


class Blockers:
    """Blames without a name: 1 where a reason blocks."""

    unknown = 1

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self._known: dict[tuple[Pair, Version, Version], int] = {}

    def of(self, pair: Pair, consumer: Version, provider: Version) -> int:
        key = (pair, consumer, provider)
        if key not in self._known:
            reasons = self.book.check(pair, {pair.consumer: consumer, pair.provider: provider})
            self._known[key] = int(any(reason.blocks for reason in reasons))
        return self._known[key]

    def of_broken(self, constraints: Sequence[Constraint]) -> int:
        return int(any(constraint.severity in BLOCKING for constraint in constraints))


def lacks_membership(space: Space) -> bool:
    """Whether a service is missing or unexpected in a way that no choice of versions can mend."""
    missing = (space.shelf(service) for service in space.services if service not in space.originals)
    whole = {shelf.service: shelf.versions[0] for shelf in missing if shelf.versions} | dict(space.originals)
    return any(membership(whole, space.book.rules))


def _recommendation(space: Space, final: Versions, ending: Ending) -> Recommendation:
    changes = tuple(
        RecommendedChange(
            service=name, before=space.originals.get(name), after=final[name], why=_why(space, name, final)
        )
        for name in sorted(final)
        if space.originals.get(name) != final[name]
    )
    proof = Proof.PROVEN if ending is Ending.CHEAPEST else Proof.BEST_FOUND
    return Recommendation(versions=dict(sorted(final.items())), changes=changes, proof=proof)


def _why(space: Space, service: str, final: Versions) -> str:
    """What would be wrong if everything but this one change were made."""
    if service not in space.originals:
        return next(
            reason.text for reason in membership(space.originals, space.book.rules) if reason.service == service
        )
    without = {**final, service: space.originals[service]}
    reasons = (reason for pair in space.pairs_of[service] for reason in space.book.check(pair, without))
    return next((reason.text for reason in reasons if reason.blocks), "")


def cost(original: Versions, final: Versions, candidates: Candidates) -> Cost:
    """Compare lexicographically: changes, downgrades, levels (worst first), prereleases, then how far from newest."""
    changed = [name for name in sorted(final) if original.get(name) != final[name]]
    steps = [classify(original.get(name), final[name]) for name in changed]
    return (
        len(changed),
        sum(step.direction is Direction.DOWN for step in steps),
        tuple(sorted((step.level.rank for step in steps), reverse=True)),
        sum(final[name].is_prerelease for name in changed),
        tuple(_age(final[name], candidates.get(name, ())) for name in sorted(final)),
    )


def _age(version: Version, candidates: Sequence[Version]) -> int:
    """Count the candidates that are newer; the string decides between equal precedence."""
    return sum((other.key, other.raw) > (version.key, version.raw) for other in candidates)
