"""The nearest set of versions that is compatible, or the rules that together rule every set out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.compatibility import membership
from releases.domain.evidence import RuleBook, open_rules
from releases.domain.verdicts import Constraint, Reason, Rules, Severity
from releases.domain.versions import Direction, Version, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    Versions = Mapping[str, Version]
    Candidates = Mapping[str, Sequence[Version]]
    Cost = tuple[int, int, tuple[int, ...], int, tuple[int, ...]]

NODE_BUDGET = 5000


class Proof(StrEnum):
    PROVEN = "PROVEN"
    BEST_FOUND = "BEST_FOUND"


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
    """``is_exhausted`` means that the budget ended the search: no recommendation then proves nothing."""

    recommendation: Recommendation | None
    is_exhausted: bool
    nodes: int


def recommend(
    *,
    versions: Versions,
    rules: Rules,
    candidates: Candidates,
    pins: Collection[str] = (),
    platform_version: Version | None,
    include_prereleases: bool,
    node_budget: int = NODE_BUDGET,
) -> Recommendation | None:
    """Change as little as possible until nothing is broken or unknown; None when no such set was found."""
    return search(
        versions=versions,
        book=open_rules(rules, platform_version=platform_version, include_prereleases=include_prereleases),
        candidates=candidates,
        pins=pins,
        node_budget=node_budget,
    ).recommendation


def search(
    *,
    versions: Versions,
    book: RuleBook,
    candidates: Candidates,
    pins: Collection[str] = (),
    node_budget: int = NODE_BUDGET,
    blocking: frozenset[Severity] = frozenset({Severity.ERROR, Severity.UNKNOWN}),
) -> Outcome:
    """Try one change, then two, and so on; the first number that succeeds is searched to its end."""
    fixed = frozenset(pins) | book.rules.external
    free = {name: tuple(found) for name, found in candidates.items() if name not in fixed}
    descent = _Descent(original=dict(versions), book=book, candidates=free, blocking=blocking, budget=node_budget)
    for changes in range(len(free) + 1):
        descent.deepen(changes)
        if descent.best is not None or descent.is_exhausted:
            break
    return Outcome(recommendation=descent.answer(), is_exhausted=descent.is_exhausted, nodes=descent.nodes)


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


@dataclass(slots=True, kw_only=True)
class _Descent:
    """Depth-first search that only ever changes a service that something broken points at.

    It misses nothing: a better set must change one end of every broken pair.
    """

    original: dict[str, Version]
    book: RuleBook
    candidates: Candidates
    blocking: frozenset[Severity]
    budget: int
    nodes: int = 0
    is_exhausted: bool = False
    best: dict[str, Version] | None = None
    checked: dict[tuple[str, str, str, str], Reason | None] = field(default_factory=dict)
    seen: set[frozenset[tuple[str, str]]] = field(default_factory=set)

    def deepen(self, changes: int) -> None:
        self.seen.clear()
        self._dive(self.original, frozenset(), changes)

    def _dive(self, versions: dict[str, Version], changed: frozenset[tuple[str, str]], changes: int) -> None:
        if changed in self.seen or self._is_spent():
            return
        self.seen.add(changed)
        blamed = self._trouble(versions)
        if blamed is None:
            self._keep(versions)
        elif changes:
            touched = {name for name, _ in changed}
            for name in (end for end in (blamed.service, blamed.other) if end not in touched):
                for version in self.candidates.get(name, ()):
                    if version != self.original.get(name):
                        self._dive({**versions, name: version}, changed | {(name, version.raw)}, changes - 1)

    def _is_spent(self) -> bool:
        self.is_exhausted = self.is_exhausted or self.nodes >= self.budget
        self.nodes += not self.is_exhausted
        return self.is_exhausted

    def _keep(self, versions: dict[str, Version]) -> None:
        if self.best is None or self._cost(versions) < self._cost(self.best):
            self.best = versions

    def _cost(self, versions: Versions) -> Cost:
        return cost(self.original, versions, self.candidates)

    def _trouble(self, versions: Versions) -> Reason | None:
        return next(self._troubles(versions), None)

    def _troubles(self, versions: Versions) -> Iterator[Reason]:
        yield from membership(versions, self.book.rules)
        for pair in self.book.pairs_of(versions):
            consumer, provider = versions[pair.consumer], versions[pair.provider]
            key = (pair.consumer, consumer.raw, pair.provider, provider.raw)
            if key not in self.checked:
                reasons = self.book.check(pair, versions)
                self.checked[key] = next((each for each in reasons if self._blocks(each)), None)
            reason = self.checked[key]
            if reason is not None:
                yield reason

    def _blocks(self, reason: Reason) -> bool:
        return reason.decisive and reason.severity in self.blocking

    def answer(self) -> Recommendation | None:
        if self.best is None:
            return None
        final = self.best
        changes = tuple(
            RecommendedChange(
                service=name, before=self.original.get(name), after=final[name], why=self._why(name, final)
            )
            for name in sorted(final)
            if self.original.get(name) != final[name]
        )
        proof = Proof.BEST_FOUND if self.is_exhausted else Proof.PROVEN
        return Recommendation(versions=dict(sorted(final.items())), changes=changes, proof=proof)

    def _why(self, service: str, final: Versions) -> str:
        """What would be wrong if everything but this one change were made."""
        without = {name: version for name, version in final.items() if name != service}
        if service in self.original:
            without[service] = self.original[service]
        trouble = self._trouble(without)
        return trouble.text if trouble else ""


def conflict_core(
    *,
    versions: Versions,
    rules: Rules,
    candidates: Candidates,
    pins: Collection[str] = (),
    platform_version: Version | None,
    include_prereleases: bool,
    node_budget: int = NODE_BUDGET,
) -> tuple[Constraint, ...]:
    """Fewest rules that together rule out every set: leave one out and a set exists. Empty when no rule is to blame.

    A search that its budget ends counts as "a set may exist", so a rule is never blamed without proof.
    """

    def is_possible(constraints: tuple[Constraint, ...]) -> bool:
        book = open_rules(
            replace(rules, constraints=constraints),
            platform_version=platform_version,
            include_prereleases=include_prereleases,
        )
        outcome = search(
            versions=versions,
            book=book,
            candidates=candidates,
            pins=pins,
            node_budget=node_budget,
            blocking=frozenset({Severity.ERROR}),
        )
        return outcome.recommendation is not None or outcome.is_exhausted

    every = tuple(sorted(rules.constraints, key=lambda constraint: constraint.id))
    if is_possible(every) or not is_possible(()):
        return ()
    return tuple(sorted(_core(is_possible, (), every, is_grown=False), key=lambda constraint: constraint.id))


def _core(
    is_possible: Callable[[tuple[Constraint, ...]], bool],
    given: tuple[Constraint, ...],
    suspects: tuple[Constraint, ...],
    *,
    is_grown: bool,
) -> tuple[Constraint, ...]:
    """QuickXplain: halve the rules, and look in each half for what the other needs to conflict."""
    if is_grown and not is_possible(given):
        return ()
    if len(suspects) == 1:
        return suspects
    middle = len(suspects) // 2
    first, second = suspects[:middle], suspects[middle:]
    from_second = _core(is_possible, (*given, *first), second, is_grown=True)
    from_first = _core(is_possible, (*given, *from_second), first, is_grown=bool(from_second))
    return (*from_first, *from_second)
