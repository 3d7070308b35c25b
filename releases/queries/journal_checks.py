"""Does a release's journal still tell what its tables hold? Each answer is a sentence for who looks after the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.broken_seals import MISNUMBERED, first_broken_seal
from releases.domain.lifecycle import OPEN_PROMOTIONS
from releases.domain.replay import UnreadableJournal, closings, fold
from releases.domain.replayed import first_difference
from releases.models import Release
from releases.queries.replay import stored_release
from releases.queries.seals import sealed_journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from releases.domain.broken_seals import Journal
    from releases.domain.replay import Line
    from releases.domain.replayed import ReplayedRelease


def journal_problems(release_id: int) -> tuple[str, ...]:
    """Return what is wrong, nothing for a sound journal; a release that moves meanwhile is read again."""
    while True:
        release = Release.objects.select_related("created_by").get(pk=release_id)
        journal, stored = sealed_journal(release), stored_release(release)
        if Release.objects.filter(pk=release_id, sequence=release.sequence).exists():
            return tuple(_problems(journal, stored))


def _problems(journal: Journal, stored: ReplayedRelease) -> Iterator[str]:
    if broken := first_broken_seal(journal):
        yield broken.message
        if broken.damage in MISNUMBERED:
            return
    try:
        told = fold(journal.lines)
    except UnreadableJournal as problem:
        yield problem.message
        return
    if difference := first_difference(told, stored):
        yield f"{difference.field}: the journal tells {difference.told!s}, the tables hold {difference.stored!s}."
    yield from _unsound_ends(journal.lines, stored)


def _unsound_ends(entries: Sequence[Line], stored: ReplayedRelease) -> Iterator[str]:
    for promotion, ends in zip(stored.promotions, closings(entries), strict=False):
        expected = 0 if promotion.state in OPEN_PROMOTIONS else 1
        if ends != expected:
            yield f"the promotion to {promotion.stage} is {promotion.state}, but its end is told {ends} times."
