"""The rules that together rule every set out, so that people know which ones to look at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from releases.domain.budgets import Budget, BudgetSpent
from releases.domain.contracts import Contract
from releases.domain.evidence import open_rules
from releases.domain.rules import Constraint, Denial, Failure, Severity
from releases.domain.solver import lacks_membership
from releases.domain.solving.growth import impossible_region
from releases.domain.solving.regions import Region
from releases.domain.solving.space import Space

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from releases.domain.evidence import RuleBook
    from releases.domain.findings import Pair
    from releases.domain.rules import Rules
    from releases.domain.verdicts import Reason
    from releases.domain.versions import Version

    Versions = Mapping[str, Version]
    Candidates = Mapping[str, Sequence[Version]]
    Ends = frozenset[str]

# What an administrator can take back.
Rule = Constraint | Denial | Failure | Contract

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """No set fits them all; where it ``is_minimal``, a set exists as soon as any one of them is left out."""

    rules: tuple[Rule, ...]
    is_minimal: bool

    @property
    def shown(self) -> tuple[Rule, ...]:
        return self.rules[:SHOWN]

    @property
    def count(self) -> int:
        return len(self.rules)


def conflict_core(
    *,
    versions: Versions,
    rules: Rules,
    candidates: Candidates,
    pins: Collection[str] = (),
    platform_version: Version | None,
    include_prereleases: bool,
    budget: Budget | None = None,
) -> Conflict | None:
    """Fewest rules that together rule out every set; None when no rule is to blame, or nothing is proven in time.

    Only errors count here: what is merely unknown is nobody's rule.
    """
    budget = budget or Budget()
    blames = _Blames(rules, platform_version, include_prereleases=include_prereleases)
    space = Space(
        book=blames.book,
        originals=versions,
        candidates=candidates,
        fixed=frozenset(pins) | rules.external,
        blame=blames,
        budget=budget,
    )
    try:
        region = None if lacks_membership(space) else impossible_region(space, budget)
    except BudgetSpent:
        return None
    return _Suspects(space, region, blames).narrow_down(budget) if region else None


class _Blames:
    """Which rules forbid two versions, each a bit of a mask.

    For a pair the strongest evidence silences the rest. But where that is a rule that forbids, and the rule were taken
    back, the next would speak: so the weaker rules that forbid the pair too are looked for, layer by layer.
    What is unknown forbids nothing here.
    """

    unknown = 0

    def __init__(self, rules: Rules, platform_version: Version | None, *, include_prereleases: bool) -> None:
        layers = [rules]
        layers.append(replace(layers[-1], denials=()))
        layers.append(replace(layers[-1], failures=()))
        layers.append(replace(layers[-1], contracts=()))
        self.books = [
            open_rules(layer, platform_version=platform_version, include_prereleases=include_prereleases)
            for layer in layers
        ]
        self.rules: list[Rule] = sorted(_takeable(rules), key=_place)
        self._named: defaultdict[tuple[Ends, str], list[tuple[int, Rule]]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            self._named[_ends(rule), rule.evidence].append((1 << number, rule))

    @property
    def book(self) -> RuleBook:
        return self.books[0]

    def of(self, pair: Pair, consumer: Version, provider: Version) -> int:
        blame = 0
        versions = {pair.consumer: consumer, pair.provider: provider}
        for book in self.books:
            reasons = book.check(pair, versions)
            for reason in reasons:
                if reason.decisive and reason.counts_as is Severity.ERROR:
                    blame |= self._bits(pair, reason)
            if not all(reason.counts_as is Severity.ERROR for reason in reasons):
                break
        return blame

    def of_broken(self, constraints: Sequence[Constraint]) -> int:
        blame = 0
        for constraint in constraints:
            if constraint.severity is Severity.ERROR:
                named = self._named[_ends(constraint), constraint.evidence]
                blame |= sum(bit for bit, rule in named if rule is constraint)
        return blame

    def _bits(self, pair: Pair, reason: Reason) -> int:
        ends = frozenset({pair.consumer, pair.provider})
        named = [each for evidence in reason.evidence.split(",") for each in self._named.get((ends, evidence), ())]
        meant = [bit for bit, rule in named if _says(rule, reason)] or [bit for bit, _ in named]
        return sum(set(meant))


class _Suspects:
    """Searches of one region with only some of the rules in force."""

    def __init__(self, space: Space, region: frozenset[str], blames: _Blames) -> None:
        self.space = space
        self.region = region
        self.blames = blames
        self.smallest: tuple[int, ...] = ()

    def narrow_down(self, budget: Budget) -> Conflict:
        """Leave out rules as long as nothing fits; what is left when the budget ends is named as it is."""
        suspects = self.smallest = tuple(self._involved())
        try:
            self.smallest = self._core((), suspects, budget, is_grown=False)
        except BudgetSpent:
            return self._conflict(is_minimal=False)
        return self._conflict(is_minimal=True)

    def _involved(self) -> Iterator[int]:
        """Bits of the rules that forbid anything in the region."""
        pairs = {pair for service in self.region for pair in self.space.pairs_of[service]}
        inside = [pair for pair in pairs if {pair.consumer, pair.provider} <= self.region]
        found = 0
        for pair in inside:
            found |= self.space.grid(pair).every_blame
        yield from (bit for bit in (1 << number for number in range(found.bit_length())) if found & bit)

    def _conflict(self, *, is_minimal: bool) -> Conflict:
        rules = (self.blames.rules[bit.bit_length() - 1] for bit in self.smallest)
        return Conflict(rules=tuple(sorted(rules, key=_place)), is_minimal=is_minimal)

    def _is_possible(self, rules: tuple[int, ...], budget: Budget) -> bool:
        choice = Region(self.space, self.region, active=sum(rules)).cheapest(budget, any_will_do=True)
        if not choice.is_finished:
            raise BudgetSpent
        return choice.versions is not None

    def _core(
        self, given: tuple[int, ...], suspects: tuple[int, ...], budget: Budget, *, is_grown: bool
    ) -> tuple[int, ...]:
        """QuickXplain: halve the rules, and look in each half for what the other needs to conflict.

        What is given and what is suspected rule every set out together, whenever this is called.
        """
        self.smallest = min(self.smallest, given + suspects, key=len)
        if is_grown and not self._is_possible(given, budget):
            self.smallest = min(self.smallest, given, key=len)
            return ()
        if len(suspects) == 1:
            return suspects
        middle = len(suspects) // 2
        first, second = suspects[:middle], suspects[middle:]
        from_second = self._core(given + first, second, budget, is_grown=True)
        from_first = self._core(given + from_second, first, budget, is_grown=bool(from_second))
        return from_first + from_second


def _takeable(rules: Rules) -> Iterator[Rule]:
    yield from rules.constraints
    yield from rules.denials
    yield from rules.failures
    yield from rules.contracts


def _ends(rule: Rule) -> Ends:
    if isinstance(rule, Constraint | Contract):
        return frozenset({rule.consumer, rule.provider})
    return frozenset({rule.service, rule.other})


def _says(rule: Rule, reason: Reason) -> bool:
    """Whether the reason is this rule's: one version may state several requirements under one number."""
    return not isinstance(rule, Constraint) or rule.provider_range == reason.required


def _place(rule: Rule) -> tuple[str, int, str]:
    return (rule.evidence.partition(":")[0], rule.id, rule.text)
