"""The versions that one service may take, and subsets of them as bit masks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import reduce
from itertools import accumulate
from operator import attrgetter, or_
from typing import TYPE_CHECKING

from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.versions import Direction, Level, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from releases.domain.constraints import Comparators
    from releases.domain.versions import Key, Version

# Changes, downgrades, one count for each level from the worst, prereleases.
Step = tuple[int, ...]
UNCHANGED: Step = (0,) * (3 + len(Level))


def step(original: Version | None, version: Version) -> Step:
    """Price of one service's version without its age; the prices of a set add up, place by place."""
    if version == original:
        return UNCHANGED
    change = classify(original, version)
    levels = (int(change.level is level) for level in reversed(Level))
    return (1, int(change.direction is Direction.DOWN), *levels, int(version.is_prerelease))


class Shelf:
    """Versions of one service, the cheapest first: bit 0 of a mask is the one to take if nothing speaks against it.

    The cheapest is the original where there is one; the others follow by what the change to them costs.
    """

    def __init__(self, service: str, original: Version | None, candidates: Iterable[Version]) -> None:
        self.service = service
        self.original = original
        offered = {version.raw: version for version in candidates}
        newest_last = sorted(_with(offered, original), key=_precedence)
        self._keys = [version.key for version in newest_last]
        self._ages = _ages(newest_last, offered)
        runs = sorted(_runs(newest_last[::-1], original), key=lambda run: (run[0], self._ages[run[1][0].raw]))
        self.versions: tuple[Version, ...] = tuple(version for _, versions in runs for version in versions)
        self.steps: tuple[Step, ...] = tuple(taken for taken, versions in runs for _ in versions)
        self.everything = (1 << len(self.versions)) - 1
        self._bits = {version.raw: 1 << place for place, version in enumerate(self.versions)}
        # Each holds the versions below a place in the order of precedence: a difference of two is an interval.
        self._below: list[int] = [0, *accumulate((self._bits[version.raw] for version in newest_last), or_)]
        self._prereleases = self._by_core()
        self._stable = self.everything & ~reduce(or_, self._prereleases.values(), 0)
        self._known: dict[tuple[str, bool], int] = {}

    def age(self, place: int) -> int:
        """Count the candidates that are newer; the string decides between equal precedence."""
        return self._ages[self.versions[place].raw]

    def _by_core(self) -> dict[tuple[int, int, int], int]:
        found: dict[tuple[int, int, int], int] = {}
        for version in [version for version in self.versions if version.prerelease]:
            found[version.core] = found.get(version.core, 0) | self._bits[version.raw]
        return found

    def version_at(self, mask: int) -> Version:
        """Return the cheapest version of a mask that is not empty."""
        return self.versions[(mask & -mask).bit_length() - 1]

    def mask_of(self, version: Version) -> int:
        return self._bits.get(version.raw, 0)

    def admitted(self, text: str, *, wide: bool) -> int:
        """Mask of the versions that a range admits; none for a range that cannot be read, which admits all alike."""
        if (text, wide) not in self._known:
            try:
                compiled = compile_range(text)
                alternatives = compiled.wide if wide else compiled.strict
            except InvalidRange:
                alternatives = ()
            masks = (self._all_admit(comparators, wide=wide) for comparators in alternatives)
            self._known[text, wide] = reduce(or_, masks, 0)
        return self._known[text, wide]

    def _all_admit(self, comparators: Comparators, *, wide: bool) -> int:
        low, high = 0, len(self._keys)
        for comparator in comparators:
            key = comparator.version.key
            if comparator.sign in {">", ">=", "="}:
                low = max(
                    low, bisect_right(self._keys, key) if comparator.sign == ">" else bisect_left(self._keys, key)
                )
            if comparator.sign in {"<", "<=", "="}:
                high = min(
                    high, bisect_left(self._keys, key) if comparator.sign == "<" else bisect_right(self._keys, key)
                )
        mask = self._below[high] & ~self._below[low]
        return mask if wide else mask & (self._stable | self._named_prereleases(comparators))

    def _named_prereleases(self, comparators: Comparators) -> int:
        cores = {comparator.version.core for comparator in comparators if comparator.version.is_prerelease}
        return reduce(or_, (self._prereleases.get(core, 0) for core in cores), 0)

    def with_precedence(self, keys: Iterable[Key]) -> int:
        """Mask of the versions with one of these keys, whatever their build."""
        places = ((bisect_left(self._keys, key), bisect_right(self._keys, key)) for key in keys)
        return reduce(or_, (self._below[high] & ~self._below[low] for low, high in places), 0)

    def where(self, holds: Callable[[Version], bool]) -> int:
        return reduce(or_, (self.mask_of(version) for version in self.versions if holds(version)), 0)


def _with(offered: dict[str, Version], original: Version | None) -> Iterable[Version]:
    return {**offered, original.raw: original}.values() if original else offered.values()


# By precedence; the whole string decides between versions that differ in their build alone.
_precedence = attrgetter("key", "raw")


def _ages(newest_last: Sequence[Version], offered: Mapping[str, Version]) -> dict[str, int]:
    ages: dict[str, int] = {}
    newer = 0
    for version in reversed(newest_last):
        ages[version.raw] = newer
        newer += version.raw in offered
    return ages


def _runs(newest_first: Sequence[Version], original: Version | None) -> list[tuple[Step, list[Version]]]:
    """Group the versions that cost the same step, so that few steps must be worked out.

    Which number differs first, which way, and whether the version is a prerelease: nothing else makes a difference,
    unless the numbers are the same.
    """
    found: dict[tuple[object, bool, bool], list[Version]] = {}
    for version in newest_first:
        kind: object = 0
        if original is None or version.major != original.major:
            pass
        elif version.minor != original.minor:
            kind = 1
        else:
            kind = 2 if version.patch != original.patch else version.raw
        is_down = original is not None and version.key < original.key
        found.setdefault((kind, is_down, bool(version.prerelease)), []).append(version)
    return [(step(original, versions[0]), versions) for versions in found.values()]


class Prices:
    """Whole prices as single numbers: comparing two sums of them compares the sets as ``solver.cost`` does."""

    def __init__(self, services: Sequence[str], most_candidates: int) -> None:
        self._count_bits = (len(services) + 1).bit_length()
        self._age_bits = (most_candidates + 1).bit_length()
        self._places: Mapping[str, int] = {
            service: self._age_bits * place for place, service in enumerate(sorted(services, reverse=True))
        }
        self._ages_end = self._age_bits * len(services)
        self._numbers: dict[Step, int] = {}

    def of(self, shelf: Shelf, place: int) -> int:
        """Price of one version on the shelf; a later place has a higher price."""
        return (self._number(shelf.steps[place]) << self._ages_end) | (shelf.age(place) << self._places[shelf.service])

    def _number(self, taken: Step) -> int:
        if taken not in self._numbers:
            number = 0
            for count in taken:
                number = number << self._count_bits | count
            self._numbers[taken] = number
        return self._numbers[taken]
