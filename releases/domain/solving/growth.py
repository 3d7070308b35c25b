"""The cheapest whole set, found by solving small regions around what is broken and letting them grow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from releases.domain.budgets import Budget, BudgetSpent
from releases.domain.solving.regions import Choice, Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from releases.domain.solving.space import Space, Versions
    from releases.domain.versions import Version

    Services = frozenset[str]

# From this round on a region takes in all its neighbours at once, so that it cannot creep.
PATIENCE = 3
HELD_BACK = 0.25


class Ending(Enum):
    """How a search ended."""

    CHEAPEST = auto()
    SOME = auto()
    IMPOSSIBLE = auto()
    SPENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """``versions`` is a whole set that fits, if one was found; ``region`` the services that make it impossible."""

    ending: Ending
    versions: Versions | None = None
    region: Services = frozenset()


def grow(space: Space, budget: Budget) -> Growth:
    """Find the cheapest set; where the budget ends that, any set that fits."""
    try:
        with budget.holding_back(HELD_BACK):
            growth = _Regions(space).solve(budget)
    except BudgetSpent:
        growth = Growth(ending=Ending.SPENT)
    if growth.ending is not Ending.SPENT:
        return growth
    try:
        return _settle(space, budget)
    except BudgetSpent:
        return growth


def impossible_region(space: Space, budget: Budget) -> Services | None:
    """Services that no choice fits together, None where there are none; raises ``BudgetSpent``."""
    growth = _Regions(space).solve(budget, any_will_do=True)
    if growth.ending is Ending.SPENT:
        raise BudgetSpent
    return growth.region if growth.ending is Ending.IMPOSSIBLE else None


def _settle(space: Space, budget: Budget) -> Growth:
    """Change as few services as something broken reaches, with everything else held as it is; grow where that fails."""
    region = _unsettled(space)
    while True:
        around = region.union(*_neighbourhoods(space, region))
        held = Region(space, region)
        held.hold_the_rest()
        choice = held.cheapest(budget, is_hurried=True)
        if choice.versions is not None:
            return Growth(ending=Ending.SOME, versions=_spared(space, {**space.originals, **choice.versions}))
        if not choice.is_finished:
            return Growth(ending=Ending.SPENT)
        if around == region:
            return Growth(ending=Ending.IMPOSSIBLE, region=region)
        region = around


def _unsettled(space: Space) -> Services:
    missing = frozenset(space.services) - space.originals.keys()
    return missing.union(*_clashing(space, space.originals, space.services))


def _spared(space: Space, versions: dict[str, Version]) -> Versions:
    """Take back each change that nothing needs."""
    for service in space.services:
        if service in space.originals:
            without = {**versions, service: space.originals[service]}
            if not any(_clashing(space, without, [service])):
                versions = without
    return versions


def _clashing(space: Space, versions: Versions, services: Iterable[str]) -> Iterator[Services]:
    """Yield the two ends of each pair around these services whose versions somebody forbids."""
    pairs = dict.fromkeys(pair for service in services for pair in space.pairs_of[service])
    yield from (frozenset({pair.consumer, pair.provider}) for pair in pairs if space.clashes(pair, versions))


def _neighbourhoods(space: Space, services: Iterable[str]) -> Iterator[Services]:
    for service in services:
        yield frozenset({service}).union(*({pair.consumer, pair.provider} for pair in space.pairs_of[service]))


class _Regions:
    """Groups of services that are solved apart from each other and from all the rest.

    A region knows nothing of the services around it, so it costs no more than the whole set must pay there. Where the
    regions' choices and everything else as it was fit together, the whole is the cheapest; where two services clash,
    the region takes the other one in.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.region_of: dict[str, Services] = {}
        self._choices: dict[Services, Choice] = {}
        self._clashing: list[Services] = []
        self._join(frozenset({service}) for service in space.services if service not in space.originals)
        self._join(_clashing(space, space.originals, space.services))
        if 2 * max(map(len, self.region_of.values()), default=0) > len(space.services):
            # It would take in the few others one after the other, and be solved as often.
            self._join([frozenset(space.services)])

    def solve(self, budget: Budget, *, any_will_do: bool = False) -> Growth:
        """Solve and grow until everything fits, or a region cannot be searched to its end."""
        grown = 0
        while (growth := self._try(budget, any_will_do=any_will_do)) is None:
            grown += 1
            self._grow(is_hurried=grown > PATIENCE)
        return growth

    def _try(self, budget: Budget, *, any_will_do: bool) -> Growth | None:
        """Solve each region; None when the choices are fine in themselves, but clash with what is around them."""
        regions = sorted(set(self.region_of.values()), key=sorted)
        choices = [self._choice(region, budget, any_will_do=any_will_do) for region in regions]
        for region, choice in zip(regions, choices, strict=True):
            if choice.versions is None:
                return Growth(ending=Ending.IMPOSSIBLE if choice.is_finished else Ending.SPENT, region=region)
        versions = self._merged(choices)
        self._clashing = list(_clashing(self.space, versions, self.region_of))
        is_finished = all(choice.is_finished for choice in choices)
        if self._clashing:
            return None if is_finished else Growth(ending=Ending.SPENT)
        if is_finished:
            return Growth(ending=Ending.CHEAPEST, versions=versions)
        return Growth(ending=Ending.SOME, versions=_spared(self.space, versions))

    def _choice(self, region: Services, budget: Budget, *, any_will_do: bool) -> Choice:
        if region not in self._choices:
            self._choices[region] = Region(self.space, region).cheapest(budget, any_will_do=any_will_do)
        return self._choices[region]

    def _merged(self, choices: Iterable[Choice]) -> dict[str, Version]:
        versions = dict(self.space.originals)
        for choice in choices:
            versions.update(choice.versions or {})
        return versions

    def _grow(self, *, is_hurried: bool) -> None:
        self._join(self._clashing)
        if is_hurried:
            self._join(around for ends in self._clashing for around in _neighbourhoods(self.space, ends))

    def _join(self, groups: Iterable[Services]) -> None:
        for group in groups:
            whole = group.union(*(self.region_of.get(service, frozenset()) for service in group))
            self.region_of.update(dict.fromkeys(whole, whole))
