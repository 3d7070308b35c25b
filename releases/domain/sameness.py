"""Whether two parts of two documents say the same, seen through references, circles and the order of keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from releases.domain.references import NOTHING, TooLarge, is_annotation

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from releases.domain.references import Source

# Parts that are looked at for one endpoint; more is no interface that a person wrote.
MOST_PARTS = 50_000


class Kind(StrEnum):
    """How the keys of a part are to be read."""

    KEYWORDS = "keywords"
    NAMES = "names"
    DATA = "data"


_NAMED = frozenset(
    {
        "$defs",
        "callbacks",
        "content",
        "definitions",
        "dependentSchemas",
        "encoding",
        "headers",
        "links",
        "patternProperties",
        "properties",
        "responses",
        "variables",
    }
)
_DATA = frozenset({"const", "default", "dependentRequired", "enum", "mapping", "required", "security"})

_PLAIN = frozenset({bool, float, int, str, type(None)})

Step = tuple[object, object, Kind]
# The two parts by identity: both documents outlive the comparison.
Key = tuple[int, int, Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sameness:
    """Compares parts of ``before`` with parts of ``after``, and remembers what it found.

    A circle of references is the same as another when no step round both tells them apart.
    """

    before: Source
    after: Source
    _same: set[Key] = field(default_factory=set)
    _different: set[Key] = field(default_factory=set)
    _looks: Iterator[int] = field(default_factory=count)

    def holds(self, before: object, after: object, kind: Kind = Kind.KEYWORDS) -> bool:
        """Raises ``Unreadable`` where a reference cannot be followed or the parts are too many."""
        above: dict[Key, Key | None] = {}
        steps: list[tuple[Step, Key | None]] = [((before, after, kind), None)]
        while steps:
            step, parent = steps.pop()
            key = (id(step[0]), id(step[1]), step[2])
            if key in above or key in self._same:
                continue
            above[key] = parent
            further = None if key in self._different else self._compare(*step)
            if further is None:
                self._tell_apart(key, above)
                return False
            steps.extend((each, key) for each in further)
        self._same.update(above)
        return True

    def _tell_apart(self, key: Key | None, above: Mapping[Key, Key | None]) -> None:
        """Remember that two parts differ, and with them all that they are in."""
        while key is not None:
            self._different.add(key)
            key = above[key]

    def differing(self, before: Mapping[str, object], after: Mapping[str, object], but: Container[str]) -> list[str]:
        """Keywords in alphabetical order that are not the same, or stand on one side only."""
        keywords = sorted(telling(before) | telling(after), key=str)
        return [each for each in keywords if each not in but and not self._holds_at(each, before, after)]

    def _holds_at(self, keyword: str, before: Mapping[str, object], after: Mapping[str, object]) -> bool:
        if keyword not in before or keyword not in after:
            return False
        return self.holds(before[keyword], after[keyword], _kind_below(keyword, Kind.KEYWORDS))

    def _compare(self, before: object, after: object, kind: Kind) -> Iterable[Step] | None:
        """Return the steps that remain when both are alike so far, None when they are not."""
        if next(self._looks) >= MOST_PARTS:
            raise TooLarge("the documents are too large")
        if kind is Kind.KEYWORDS and (_refers(before) or _refers(after)):
            (theirs, beside), (ours, also_beside) = _parted(before, self.before), _parted(after, self.after)
            further = self._compare_keys(beside, also_beside, kind)
            return None if further is None else [(theirs, ours, kind), *further]
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            return self._compare_keys(before, after, kind)
        if isinstance(before, list) and isinstance(after, list):
            return _remaining(zip(count(), before, after, strict=False), kind) if len(before) == len(after) else None
        return () if is_same_value(before, after) else None

    def _compare_keys(
        self, before: Mapping[str, object], after: Mapping[str, object], kind: Kind
    ) -> Iterable[Step] | None:
        keys, others = (set(each) if kind is not Kind.KEYWORDS else telling(each) for each in (before, after))
        if keys != others or ("nullable" in keys and kind is Kind.KEYWORDS and self._dialects_differ):
            return None
        return _remaining(((key, before[key], after[key]) for key in keys), kind)

    @property
    def _dialects_differ(self) -> bool:
        return self.before.knows_nullable != self.after.knows_nullable


def _remaining(pairs: Iterable[tuple[object, object, object]], kind: Kind) -> list[Step] | None:
    """Compare plain values at once and leave the rest; None when two plain ones differ."""
    left = []
    for place, before, after in pairs:
        if type(before) not in _PLAIN or type(after) not in _PLAIN:
            left.append((before, after, _kind_below(place, kind)))
        elif not is_same_value(before, after):
            return None
    return left


def telling(keywords: Mapping[str, object]) -> set[str]:
    """Keywords that are no mere documentation."""
    return {keyword for keyword in keywords if not is_annotation(keyword)}


def is_same_value(before: object, after: object) -> bool:
    """Compare as JSON does: 1 is 1.0, and true is not 1; what is not plain is no value."""
    if type(before) not in _PLAIN or type(after) not in _PLAIN:
        return False
    return before is after or (isinstance(before, bool) is isinstance(after, bool) and before == after)


def _kind_below(place: object, kind: Kind) -> Kind:
    """Entries of a list are read as the list is."""
    if kind is not Kind.KEYWORDS:
        return Kind.DATA if kind is Kind.DATA else Kind.KEYWORDS
    if place in _NAMED:
        return Kind.NAMES
    return Kind.DATA if place in _DATA else Kind.KEYWORDS


def _refers(node: object) -> bool:
    return isinstance(node, Mapping) and "$ref" in node


def _parted(node: object, source: Source) -> tuple[object, Mapping[str, object]]:
    """Return what a reference means and what stands beside it; anything else means itself."""
    if not isinstance(node, Mapping) or "$ref" not in node:
        return node, NOTHING
    return source.target(node), {key: node[key] for key in source.beside(node)}
