"""The cheapest choice for some of the services, as if the others did not exist or stayed as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.budgets import Budget, BudgetSpent
from releases.domain.solving.space import EVERY_RULE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from releases.domain.solving.pair_tables import Rows
    from releases.domain.solving.space import Space, Versions

    # By the place of each service: the versions that it may still take.
    Domains = list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """``versions`` is None when nothing was found; that proves something only when the search ``is_finished``."""

    versions: Versions | None
    is_finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clash:
    """Two services whose cheapest versions do not go together, and what going together costs more at least."""

    one: int
    other: int
    extra: int


class Region:
    """Branch and bound over a few services.

    Every service is guessed to take the cheapest version that it has left. Where two guesses clash, one side's
    versions are split in those that go with the other's guess and those that do not. So a guess without a clash is
    the cheapest set of its branch, and versions that no rule tells apart are never tried one by one.
    """

    def __init__(self, space: Space, services: Collection[str], *, active: int = EVERY_RULE) -> None:
        self.space = space
        self.services = sorted(services)
        self.active = active
        self.shelves = [space.shelf(service) for service in self.services]
        self._place = {service: place for place, service in enumerate(self.services)}
        self._domains = [shelf.everything for shelf in self.shelves]
        # With what each version of the one goes, by its bit, as far as it was asked.
        self._links: list[tuple[int, int, Rows, dict[int, int]]] = []
        self._reach: list[list[tuple[int, Rows]]] = [[] for _ in self.services]
        self._best: Domains | None = None
        self._ceiling = 0
        self._is_hurried = False
        self._connect()

    def _connect(self) -> None:
        pairs = {pair for service in self.services for pair in self.space.pairs_of[service]}
        for pair in sorted(pairs, key=lambda each: (each.consumer, each.provider)):
            one, other = self._place.get(pair.consumer), self._place.get(pair.provider)
            if one is None or other is None:
                continue
            table = self.space.table(pair, self.active)
            if one == other:
                self._domains[one] &= _with_itself(table.forward)
            else:
                self._links.append((one, other, table.forward, {}))
                self._reach[one].append((other, table.forward))
                self._reach[other].append((one, table.backward))

    def hold_the_rest(self) -> None:
        """Let the services outside stay as they are: what is found then fits them too, but may not be the cheapest."""
        for place, service in enumerate(self.services):
            for pair in self.space.pairs_of[service]:
                outside = pair.provider if pair.consumer == service else pair.consumer
                original = self.space.originals.get(outside)
                if outside not in self._place and original is not None:
                    table = self.space.table(pair, self.active)
                    rows = table.forward if pair.consumer == service else table.backward
                    bit = self.space.shelf(outside).mask_of(original)
                    self._domains[place] &= sum(own for own, admitted in rows if admitted & bit)

    def cheapest(self, budget: Budget, *, any_will_do: bool = False, is_hurried: bool = False) -> Choice:
        """Search to the end, or until the budget is spent, or only until the first set that fits."""
        self._best = None
        self._is_hurried = any_will_do or is_hurried
        try:
            self._search(budget, any_will_do=any_will_do)
        except BudgetSpent:
            return Choice(versions=self._chosen(), is_finished=False)
        return Choice(versions=self._chosen(), is_finished=True)

    def _chosen(self) -> Versions | None:
        if self._best is None:
            return None
        return {shelf.service: shelf.version_at(bit) for shelf, bit in zip(self.shelves, self._best, strict=True)}

    def _search(self, budget: Budget, *, any_will_do: bool) -> None:
        budget.take_node()
        waiting = list(self._begin())
        while waiting:
            bound, domains = waiting.pop()
            if self._is_beaten(bound):
                continue
            budget.take_node()
            guess = [domain & -domain for domain in domains]
            clashes = self._clashes(domains, guess)
            if not clashes:
                self._best, self._ceiling = guess, bound
                if any_will_do:
                    return
            elif not self._is_beaten(bound + _least_extra(clashes)):
                waiting.extend(self._branches(bound, domains, *self._split(domains, guess, clashes)))

    def _is_beaten(self, bound: int) -> bool:
        return self._best is not None and bound >= self._ceiling

    def _begin(self) -> Iterator[tuple[int, Domains]]:
        domains = list(self._domains)
        if all(domains) and self._propagate(domains, range(len(domains))) is not None:
            yield sum(map(self._price, range(len(domains)), domains)), domains

    def _price(self, place: int, domain: int) -> int:
        return self.space.price(self.services[place], domain)

    def _propagate(self, domains: Domains, changed: Iterable[int]) -> set[int] | None:
        """Drop what nothing on the other side goes with, until nothing changes; None when a service has nothing left.

        Returns the places whose domains became smaller.
        """
        waiting = dict.fromkeys(changed)
        smaller: set[int] = set()
        while waiting:
            place = next(iter(waiting))
            del waiting[place]
            domain = domains[place]
            for other, rows in self._reach[place]:
                admitted = 0
                for own, going in rows:
                    if own & domain:
                        admitted |= going
                left = domains[other] & admitted
                if left != domains[other]:
                    if not left:
                        return None
                    domains[other] = left
                    smaller.add(other)
                    waiting[other] = None
        return smaller

    def _clashes(self, domains: Domains, guess: Domains) -> list[_Clash]:
        found = []
        for one, other, rows, going in self._links:
            bit = guess[one]
            if bit not in going:
                going[bit] = next(admitted for own, admitted in rows if own & bit)
            if not going[bit] & guess[other]:
                found.append(_Clash(one=one, other=other, extra=self._extra(domains, one, other, rows)))
        return found

    def _extra(self, domains: Domains, one: int, other: int, rows: Rows) -> int:
        """Count what the two cost at least, beyond their guesses, when they go together."""
        mine, theirs = domains[one], domains[other]
        together = (
            self._price(one, own & mine) + self._price(other, admitted & theirs)
            for own, admitted in rows
            if own & mine and admitted & theirs
        )
        return min(together) - self._price(one, mine) - self._price(other, theirs)

    def _split(self, domains: Domains, guess: Domains, clashes: list[_Clash]) -> tuple[int, int]:
        """Choose the service that clashes cost most, and which of its versions to keep the guess among."""
        burden: dict[int, int] = {}
        for clash in clashes:
            burden[clash.one] = burden.get(clash.one, 0) + clash.extra
            burden[clash.other] = burden.get(clash.other, 0) + clash.extra
        if self._is_hurried:
            place = min(sorted(burden), key=lambda each: (domains[each].bit_count(), -burden[each]))
        else:
            place = max(sorted(burden), key=burden.__getitem__)
        if guess[place] == 1 and self.shelves[place].original is not None:
            return place, guess[place]
        worst = max((clash for clash in clashes if place in {clash.one, clash.other}), key=lambda each: each.extra)
        other = worst.other if place == worst.one else worst.one
        rows = next(rows for reached, rows in self._reach[other] if reached == place)
        fitting = next(admitted for own, admitted in rows if own & guess[other])
        return place, domains[place] & ~fitting

    def _branches(self, bound: int, domains: Domains, place: int, part: int) -> list[tuple[int, Domains]]:
        """Both parts of the split as far as they survive, the more promising one last."""
        found = []
        for kept in (part, domains[place] & ~part):
            branch = list(domains)
            branch[place] = kept
            smaller = self._propagate(branch, [place])
            if smaller is not None:
                changed = smaller | {place}
                more = sum(self._price(each, branch[each]) - self._price(each, domains[each]) for each in changed)
                found.append((bound + more, branch))
        return sorted(found, key=lambda each: -each[0])


def _with_itself(rows: Rows) -> int:
    """Versions that go with themselves, where a rule speaks of one service twice."""
    return sum(own & admitted for own, admitted in rows)


def _least_extra(clashes: list[_Clash]) -> int:
    """Add up clashes that share no service, the dearest first: each must be paid for."""
    paid: set[int] = set()
    least = 0
    for clash in sorted(clashes, key=lambda each: -each.extra):
        if clash.one not in paid and clash.other not in paid:
            paid |= {clash.one, clash.other}
            least += clash.extra
    return least
