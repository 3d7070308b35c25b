"""Does a release's journal still tell what its tables hold? Each answer is a sentence for who looks after the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.broken_seals import MISNUMBERED, first_broken_seal
from releases.domain.lifecycle import OPEN_PROMOTIONS
from releases.domain.manifests import sha256_of
from releases.domain.replay import UnreadableJournal, closings, fold
from releases.domain.replayed import first_difference
from releases.models import Manifest, Release
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
        manifest = tuple(_manifest_problems(release, journal.lines))
        if Release.objects.filter(pk=release_id, sequence=release.sequence).exists():
            return (*_problems(journal, stored), *manifest)


def _manifest_problems(release: Release, entries: Sequence[Line]) -> Iterator[str]:
    stored = Manifest.objects.filter(release=release).first()
    # Releases from before there were manifests have none in their journal.
    told = entries[0].payload.get("manifest") if entries else None
    if told and stored is None:
        yield "its manifest is gone."
    elif stored is not None and sha256_of(stored.body) != (told or stored.sha256):
        yield "its manifest is not what was written when the release was created."


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
