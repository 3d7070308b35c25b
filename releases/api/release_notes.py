"""The notes of a release: the draft or what somebody wrote, as Markdown and as HTML."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest
from ninja import Query, Router, Schema

from releases.actions.release_notes import NotesEdit, edit_notes
from releases.api.authentication import actor_behind
from releases.api.bodies import NotesBody
from releases.api.fields import IdempotencyKey, RevisionQuery, VersionText
from releases.display.markdown import rendered
from releases.queries.release_notes import notes_of
from releases.queries.release_pages import release_by_label

if TYPE_CHECKING:
    from releases.queries.notes_views import Notes

router = Router(tags=["releases"])


class NotesQuery(Schema):
    revision: RevisionQuery | None = None


class NotesAnswer(Schema):
    """``revision`` 0 is the draft, which nobody wrote; ``newest_revision`` is the one to edit on."""

    version: str
    revision: int
    newest_revision: int
    markdown: str
    html: str
    written_by: str
    written_at: datetime | None


@router.get("/releases/{version}/notes", response=NotesAnswer)
def read_notes(request: HttpRequest, version: VersionText, query: Query[NotesQuery]) -> dict[str, object]:
    """The newest notes, or an earlier revision; 0 is the draft as it would be made now."""
    return _answer(notes_of(release_by_label(version), query.revision))


@router.put("/releases/{version}/notes", response=NotesAnswer)
def write_notes(request: HttpRequest, version: VersionText, body: NotesBody, key: IdempotencyKey) -> dict[str, object]:
    """Keep a text as the newest revision; 409 when somebody wrote another one after ``revision``."""
    edit = NotesEdit(markdown=body.markdown, revision=body.revision)
    number = edit_notes(actor=actor_behind(request), version=version, edit=edit, key=key or "")
    return _answer(notes_of(release_by_label(version), number))


def _answer(notes: Notes) -> dict[str, object]:
    return {
        "version": notes.version,
        "revision": notes.revision.number,
        "newest_revision": notes.newest.number,
        "markdown": notes.markdown,
        "html": rendered(notes.markdown),
        "written_by": notes.revision.written_by,
        "written_at": notes.revision.written_at,
    }
