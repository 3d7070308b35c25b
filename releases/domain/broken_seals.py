"""What was done to a journal that does not fit its seals any more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from releases.domain.replay import Line
from releases.domain.sealing import canonical, is_mac, origin

if TYPE_CHECKING:
    from collections.abc import Sequence


class SealedLine(Line, Protocol):
    """A journal entry with its seal."""

    @property
    def seal(self) -> str: ...


class Damage(StrEnum):
    """What can be told from seals, without knowing what the journal said before."""

    MISSING = "entry {first} is missing; the release is at {end}."
    ADDED = "entry {first} was added behind the end; the release is at {end}."
    INSERTED = "entry {first} was inserted, and the later ones were renumbered."
    REMOVED = "what was entry {first} was removed, and the later ones were renumbered."
    EDITED = "entry {first} does not fit its seal: it was edited."
    OTHER_KEY = (
        "none of its {end} entries fits its seal: was AUDIT_KEY or SECRET_KEY changed? "
        "If not, the journal was rewritten."
    )
    RESEALED = "entries {first} to {last} do not fit their seals: they were rewritten, or sealed with another key."
    OTHER_END = "the release does not have the seal of its last entry, {end}."


# What follows is nothing that a replay could read.
MISNUMBERED = frozenset({Damage.MISSING, Damage.ADDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenSeal:
    """The first damage of a journal, from entry ``first`` to ``last``; ``end`` is the number it should end with."""

    damage: Damage
    first: int
    last: int
    end: int

    @property
    def message(self) -> str:
        return self.damage.value.format(first=self.first, last=self.last, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """A release's entries by number, and what the release itself says of the last; any of ``keys`` may have sealed."""

    release_id: int
    lines: Sequence[SealedLine]
    end: int
    seal: str
    keys: Sequence[bytes]


def first_broken_seal(journal: Journal) -> BrokenSeal | None:
    """Return what was done to the journal, None where every seal fits."""
    return _misnumbered(journal) or _unfitting(journal) or _unlike_its_end(journal)


def _misnumbered(journal: Journal) -> BrokenSeal | None:
    numbers = {line.sequence for line in journal.lines}
    expected = range(1, max(journal.end, 1) + 1)
    if missing := [number for number in expected if number not in numbers]:
        return _broken(journal, Damage.MISSING, missing)
    if added := sorted(numbers.difference(expected)):
        return _broken(journal, Damage.ADDED, added)
    return None


def _unfitting(journal: Journal) -> BrokenSeal | None:
    unfit = [line.sequence for line in journal.lines if not _fits(journal, line, after=line.sequence - 1)]
    if not unfit:
        return None
    first = unfit[0]
    if _is_sealed_as(journal, first + 1, number=first, after=first - 1):
        return _broken(journal, Damage.INSERTED, unfit)
    if _is_sealed_as(journal, first + 1, number=first + 2, after=first):
        return _broken(journal, Damage.REMOVED, unfit)
    if len(unfit) == journal.end:
        return _broken(journal, Damage.OTHER_KEY, unfit)
    return _broken(journal, Damage.EDITED if len(unfit) == 1 else Damage.RESEALED, unfit)


def _unlike_its_end(journal: Journal) -> BrokenSeal | None:
    if journal.seal == journal.lines[-1].seal:
        return None
    return _broken(journal, Damage.OTHER_END, [journal.end])


def _broken(journal: Journal, damage: Damage, numbers: Sequence[int]) -> BrokenSeal:
    return BrokenSeal(damage=damage, first=numbers[0], last=numbers[-1], end=journal.end)


def _fits(journal: Journal, line: SealedLine, *, after: int, number: int | None = None) -> bool:
    """Tell whether a line, had it this number, is sealed behind the entry ``after``."""
    previous = journal.lines[after - 1].seal if after else origin(journal.release_id)
    text = canonical(release_id=journal.release_id, line=line, sequence=number or line.sequence)
    return is_mac(line.seal, previous, text, keys=journal.keys)


def _is_sealed_as(journal: Journal, position: int, *, number: int, after: int) -> bool:
    return position <= journal.end and _fits(journal, journal.lines[position - 1], after=after, number=number)
