"""Spans of time that nobody knows for sure: likely lengths with their weights, and what comes of several of them."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Spread = tuple[tuple[float, float], ...]
"""Lengths in ascending order, each with its weight; the weights add up to 1."""

POINTS = 64
# Sums of weights are not exact; a share that is missed by less than this is reached.
_NEARLY = 1e-9
NONE: Spread = ((0.0, 1.0),)


def evenly(lengths: Iterable[float]) -> Spread:
    """Return a spread in which each of these lengths, at least one, is as likely as any other."""
    found = sorted(lengths)
    return tuple((float(length), 1 / len(found)) for length in found)


def longest(spreads: Sequence[Spread]) -> Spread:
    """Return how long it takes until the last of several is over that begin together and know nothing of each other."""
    if len(spreads) == 1:
        return spreads[0]
    ends = [([length for length, _ in spread], [0.0, *accumulate(w for _, w in spread)]) for spread in spreads]
    found, before = [], 0.0
    for length in sorted({length for lengths, _ in ends for length in lengths}):
        reached = prod(sums[bisect_right(lengths, length)] for lengths, sums in ends)
        if reached > before:
            found.append((length, reached - before))
        before = reached
    return tuple(found)


def one_after_the_other(first: Spread, second: Spread) -> Spread:
    """Return how long both take; many lengths are told by a few, each the mean of its neighbours."""
    both = sorted((a + b, weight * share) for a, weight in first for b, share in second)
    return tuple(_condensed(both)) if len(both) > POINTS else tuple(both)


def _condensed(both: Iterable[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    passed, total, group = 0.0, 0.0, list[tuple[float, float]]()
    for each in both:
        group.append(each)
        total += each[1]
        if passed + total >= 1 / POINTS * (int(passed * POINTS + _NEARLY) + 1) - _NEARLY:
            yield _mean(group, total), total
            passed, total, group = passed + total, 0.0, []
    if group:
        yield _mean(group, total), total


def _mean(group: Sequence[tuple[float, float]], total: float) -> float:
    """Return the mean of ascending lengths, which no rounding may bring before the first or behind the last."""
    mean = sum(length * weight for length, weight in group) / total
    return min(max(mean, group[0][0]), group[-1][0])


def reached_by(spread: Spread, share: float) -> int:
    """Return the length that this share of the weight does not exceed, in whole units."""
    passed = 0.0
    for length, weight in spread:
        passed += weight
        if passed >= share - _NEARLY:
            return round(length)
    return round(spread[-1][0])
