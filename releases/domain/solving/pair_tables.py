"""Which versions of two services go together, in classes that no evidence tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.contracts import check_contract
from releases.domain.inference import Likelihood
from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from releases.domain.contracts import Contract
    from releases.domain.evidence import RuleBook
    from releases.domain.findings import Pair
    from releases.domain.rules import Constraint
    from releases.domain.solving.shelves import Shelf
    from releases.domain.versions import Version

# A class of one service's versions with the versions of the other that go with it.
Rows = tuple[tuple[int, int], ...]


class Blame(Protocol):
    """Who forbids two versions, as a mask; 0 when nobody does."""

    @property
    def unknown(self) -> int:
        """Mask for a pair that must be known and is not."""

    def of(self, pair: Pair, consumer: Version, provider: Version) -> int:
        """Ask the rule book."""

    def of_broken(self, constraints: Sequence[Constraint]) -> int:
        """Mask for range rules that are known to be broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What each side admits of the other."""

    forward: Rows
    backward: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The classes of both sides, and who forbids each couple of classes."""

    consumers: tuple[int, ...]
    providers: tuple[int, ...]
    blames: tuple[tuple[int, ...], ...]

    @property
    def every_blame(self) -> int:
        found = 0
        for row in self.blames:
            for blame in row:
                found |= blame
        return found

    def table(self, active: int) -> Table:
        """What goes together as far as the active ones say."""
        backwards = tuple(zip(*self.blames, strict=True))
        return Table(
            forward=_rows(self.consumers, self.providers, self.blames, active),
            backward=_rows(self.providers, self.consumers, backwards, active),
        )


def _rows(mine: tuple[int, ...], theirs: tuple[int, ...], blames: Iterable[tuple[int, ...]], active: int) -> Rows:
    merged: dict[int, int] = {}
    for own, line in zip(mine, blames, strict=True):
        admitted = 0
        for other, blame in zip(theirs, line, strict=True):
            if not blame & active:
                admitted |= other
        merged[admitted] = merged.get(admitted, 0) | own
    return tuple((own, admitted) for admitted, own in merged.items())


def make_grid(book: RuleBook, pair: Pair, consumer: Shelf, provider: Shelf, blame: Blame) -> Grid:
    """Find out once for each couple of classes."""
    if _has_ranges_only(book, pair):
        return _Ranges(book, pair, consumer, provider).grid(blame)
    consumers = _classes(consumer, _distinctions(book, pair, consumer))
    providers = _classes(provider, _distinctions(book, pair, provider))
    blames = (
        tuple(blame.of(pair, consumer.version_at(one), provider.version_at(other)) for other in providers)
        for one in consumers
    )
    return Grid(consumers=consumers, providers=providers, blames=tuple(blames))


def _has_ranges_only(book: RuleBook, pair: Pair) -> bool:
    """Whether masks alone can tell what the rule book would say, a hundred times faster; such are nearly all pairs."""
    ends = frozenset({pair.consumer, pair.provider})
    others = (book.denials, book.failures, book.contracts, book.ignores)
    texts = (text for rule in book.constraints.get(ends, ()) for text in (rule.consumer_range, rule.provider_range))
    return pair.consumer != pair.provider and not any(ends in rules for rules in others) and all(map(_is_range, texts))


def _is_range(text: str) -> bool:
    try:
        compile_range(text)
    except InvalidRange:
        return False
    return True


class _Ranges:
    """What is known about a pair of which only rows and range rules speak, as masks of both sides."""

    def __init__(self, book: RuleBook, pair: Pair, consumer: Shelf, provider: Shelf) -> None:
        wide = book.include_prereleases
        self.consumer, self.provider = consumer, provider
        shelves = {pair.consumer: consumer, pair.provider: provider}
        self.rules = [
            (
                rule,
                rule.consumer == pair.consumer,
                shelves[rule.consumer].admitted(rule.consumer_range, wide=wide),
                shelves[rule.provider].admitted(rule.provider_range, wide=wide),
            )
            for rule in book.constraints.get(frozenset(shelves), ())
        ]
        self.must_be_known = pair.is_edge and book.rules.optional.isdisjoint(shelves)
        self.approved = [shelf.with_precedence(book.approved.get(shelf.service, {})) for shelf in shelves.values()]
        self.suggested = [_suggested(book, shelf) if pair.is_edge else 0 for shelf in shelves.values()]

    def grid(self, blame: Blame) -> Grid:
        consumers = _classes(self.consumer, self._masks(is_consumer=True))
        providers = _classes(self.provider, self._masks(is_consumer=False))
        blames = (tuple(self._blame(one, other, blame) for other in providers) for one in consumers)
        return Grid(consumers=consumers, providers=providers, blames=tuple(blames))

    def _masks(self, *, is_consumer: bool) -> Iterator[int]:
        for _, is_forward, concerned, required in self.rules:
            yield concerned if is_forward is is_consumer else required
        side = 0 if is_consumer else 1
        yield self.approved[side]
        yield self.suggested[side]

    def _blame(self, consumer: int, provider: int, blame: Blame) -> int:
        """Judge two classes as the rule book does: a row silences the ranges, and a range the inference."""
        if consumer & self.approved[0] and provider & self.approved[1]:
            return 0
        speaks, broken = False, []
        for rule, is_forward, concerned, required in self.rules:
            if (consumer if is_forward else provider) & concerned:
                speaks = True
                if not (provider if is_forward else consumer) & required:
                    broken.append(rule)
        if speaks:
            return blame.of_broken(broken) if broken else 0
        is_known = consumer & self.suggested[0] and provider & self.suggested[1]
        return blame.unknown if self.must_be_known and not is_known else 0


def _classes(shelf: Shelf, distinctions: Iterable[int]) -> tuple[int, ...]:
    classes = [shelf.everything]
    for mask in set(distinctions) - {0, shelf.everything}:
        halves: list[int] = []
        for each in classes:
            inside = each & mask
            halves += [inside, each ^ inside] if inside and inside != each else [each]
        classes = halves
    return tuple(sorted(classes))


def _distinctions(book: RuleBook, pair: Pair, shelf: Shelf) -> Iterator[int]:
    """Yield, for each piece of evidence on the pair, the versions that it means: a mask for what a signature tells."""
    ends = frozenset({pair.consumer, pair.provider})
    for rule in book.constraints.get(ends, ()):
        sides = ((rule.consumer, rule.consumer_range), (rule.provider, rule.provider_range))
        yield from _ranges(shelf, sides, wide=book.include_prereleases)
    for denial in book.denials.get(ends, ()):
        sides = ((denial.service, denial.service_range), (denial.other, denial.other_range))
        yield from _ranges(shelf, sides, wide=True)
    for failure in book.failures.get(ends, ()):
        named = ((failure.service, failure.version), (failure.other, failure.other_version))
        yield from (_exactly(shelf, text) for service, text in named if service == shelf.service)
    yield shelf.with_precedence(book.approved.get(shelf.service, {}))
    if pair.is_edge:
        yield _suggested(book, shelf)
    for ignore in book.ignores.get(ends, ()):
        yield shelf.where(lambda version, observed=ignore.observed: version.raw == observed)  # type: ignore[misc]
    for contract in book.contracts.get(ends, ()):
        yield from _contract(book, contract, shelf)


def _ranges(shelf: Shelf, sides: Iterable[tuple[str, str]], *, wide: bool) -> Iterator[int]:
    yield from (shelf.admitted(text, wide=wide) for service, text in sides if service == shelf.service)


def _exactly(shelf: Shelf, text: str) -> int:
    try:
        return shelf.with_precedence([parse(text).key])
    except InvalidVersion:
        return 0


def _suggested(book: RuleBook, shelf: Shelf) -> int:
    around = book.around
    if around is None:
        return 0
    likely = {Likelihood.LIKELY, Likelihood.POSSIBLE}
    return shelf.where(lambda version: around.guess(shelf.service, version).likelihood in likely)


def _contract(book: RuleBook, contract: Contract, shelf: Shelf) -> Iterator[int]:
    """Tell consumers that a contract speaks of from those it does not, and providers by how they hold it."""
    if shelf.service == contract.consumer:
        yield shelf.admitted(contract.consumer_range, wide=True)
    if shelf.service == contract.provider:
        outcomes: dict[Hashable, int] = {}
        for version in shelf.versions:
            outcome = _outcome(book, contract, version)
            outcomes[outcome] = outcomes.get(outcome, 0) | shelf.mask_of(version)
        yield from outcomes.values()


def _outcome(book: RuleBook, contract: Contract, version: Version) -> Hashable:
    reasons = map(book.live_with, check_contract(contract, book.rules, version))
    return tuple((reason.severity, reason.counts_as, reason.evidence) for reason in reasons)
