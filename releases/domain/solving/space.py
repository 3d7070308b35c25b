"""Everything that a search may choose from: services with their versions, and the pairs between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from releases.domain.solving.pair_tables import make_grid
from releases.domain.solving.shelves import Prices, Shelf

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from releases.domain.budgets import Budget
    from releases.domain.evidence import RuleBook
    from releases.domain.findings import Pair
    from releases.domain.solving.pair_tables import Blame, Grid, Rows, Table
    from releases.domain.versions import Version

    Versions = Mapping[str, Version]


EVERY_RULE = -1


@dataclass(kw_only=True)
class Space:
    """Tables are made when they are first needed: a search touches only what something broken reaches."""

    book: RuleBook
    originals: Versions
    candidates: Mapping[str, Sequence[Version]]
    fixed: Collection[str]
    blame: Blame
    budget: Budget
    _shelves: dict[str, Shelf] = field(default_factory=dict)
    _grids: dict[Pair, Grid] = field(default_factory=dict)
    _tables: dict[tuple[Pair, int], Table] = field(default_factory=dict)
    _prices: dict[str, dict[int, int]] = field(default_factory=dict)

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Every service that a whole set must hold, by name."""
        return tuple(sorted(self.originals.keys() | self.book.rules.required))

    @cached_property
    def pairs_of(self) -> Mapping[str, Sequence[Pair]]:
        whole = frozenset(self.services)
        return {service: self.book.pairs_around(service, whole) for service in self.services}

    @cached_property
    def _pricing(self) -> Prices:
        return Prices(self.services, max(map(len, self.candidates.values()), default=0))

    def shelf(self, service: str) -> Shelf:
        if service not in self._shelves:
            offered = () if service in self.fixed else self.candidates.get(service, ())
            self._shelves[service] = Shelf(service, self.originals.get(service), offered)
        return self._shelves[service]

    def price(self, service: str, domain: int) -> int:
        """Price of the cheapest version in a mask that is not empty."""
        known = self._prices.setdefault(service, {})
        place = (domain & -domain).bit_length() - 1
        if place not in known:
            known[place] = self._pricing.of(self.shelf(service), place)
        return known[place]

    def grid(self, pair: Pair) -> Grid:
        if pair not in self._grids:
            self.budget.check_time()
            consumer, provider = self.shelf(pair.consumer), self.shelf(pair.provider)
            self._grids[pair] = make_grid(self.book, pair, consumer, provider, self.blame)
        return self._grids[pair]

    def table(self, pair: Pair, active: int) -> Table:
        """What goes together on this pair as far as the active rules say as a mask."""
        if (pair, active) not in self._tables:
            self._tables[pair, active] = self.grid(pair).table(active)
        return self._tables[pair, active]

    def clashes(self, pair: Pair, versions: Versions) -> bool:
        """Whether somebody forbids what these versions hold of the pair; a service that is missing clashes not."""
        consumer, provider = versions.get(pair.consumer), versions.get(pair.provider)
        if consumer is None or provider is None:
            return False
        if pair in self._grids:
            return not _goes(
                self.table(pair, EVERY_RULE).forward,
                self._bit(pair.consumer, consumer),
                self._bit(pair.provider, provider),
            )
        self.budget.check_time()
        return self.blame.of(pair, consumer, provider) != 0

    def _bit(self, service: str, version: Version) -> int:
        return self.shelf(service).mask_of(version)


def _goes(rows: Rows, mine: int, theirs: int) -> bool:
    return any(own & mine and admitted & theirs for own, admitted in rows)
