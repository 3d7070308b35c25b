"""The notes of a release: the newest text that somebody wrote, or the draft until somebody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from releases.domain.access import Permission, why_not
from releases.domain.errors import NotFound
from releases.domain.release_notes import draft
from releases.models import NotesRevision
from releases.queries.notes_drafts import draft_facts
from releases.queries.notes_views import DRAFT, Notes, NotesPage, RevisionLine
from releases.queries.views import Control

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from releases.domain.access import Actor
    from releases.models import Release

# As many as a page lists; the older ones are reached by their number.
LISTED = 20


def newest_revision(release: Release) -> RevisionLine:
    """Return what counts, without its text."""
    return next(iter(_lines(release, 1)), DRAFT)


def _lines(release: Release, limit: int) -> tuple[RevisionLine, ...]:
    rows = release.notes_revisions.order_by("-number").values_list("number", "written_by__username", "written_at")
    return tuple(RevisionLine(number=number, written_by=by, written_at=at) for number, by, at in rows[:limit])


def newest_texts(releases: Iterable[int]) -> Mapping[int, NotesRevision]:
    """Return what was written last about each of these releases, in one query; none of those never written about."""
    later = NotesRevision.objects.filter(release=OuterRef("release"), number__gt=OuterRef("number"))
    found = NotesRevision.objects.filter(~Exists(later), release__in=releases)
    return {revision.release_id: revision for revision in found}


def notes_of(release: Release, number: int | None = None) -> Notes:
    """Return the newest notes, or the revision of that number; 0 is the draft as it would be made now."""
    newest = newest_revision(release)
    wanted = newest.number if number is None else number
    revision, markdown = (DRAFT, draft(draft_facts(release))) if wanted == 0 else _stored(release, wanted)
    return Notes(version=release.version, markdown=markdown, revision=revision, newest=newest)


def _stored(release: Release, number: int) -> tuple[RevisionLine, str]:
    row = NotesRevision.objects.select_related("written_by").filter(release=release, number=number).first()
    if row is None:
        raise NotFound(f"The notes of {release.version} have no revision {number}.")
    line = RevisionLine(number=number, written_by=row.written_by.get_username(), written_at=row.written_at)
    return line, row.text


def notes_page(release: Release, actor: Actor, number: int | None = None) -> NotesPage:
    """Return the page of the notes, for who may write them and for who may not."""
    lines = _lines(release, LISTED)
    refusal = why_not(actor, Permission.WRITE_NOTES)
    return NotesPage(
        notes=notes_of(release, number),
        earlier=lines if len(lines) == LISTED else (*lines, DRAFT),
        edit=Control(verb="edit", allowed=not refusal, why_not=refusal),
    )
