"""The notes of a release: reading them, and writing them without losing what somebody else wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from releases.actions.release_notes import NotesChanged, NotesEdit, edit_notes
from releases.domain.access import Permission
from releases.domain.errors import InvalidInput
from releases.domain.release_notes import MOST_CHARACTERS, checked_notes
from releases.queries.release_notes import notes_of, notes_page
from releases.queries.release_pages import release_by_label
from releases.web.requests import actor, form_key

if TYPE_CHECKING:
    from django.http import HttpRequest

    from releases.queries.notes_views import Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """``markdown`` is to be saved after ``revision``; ``newer`` is what somebody else wrote meanwhile."""

    version: str
    markdown: str
    revision: int
    is_previewed: bool = False
    newer: Notes | None = None
    problem: str = ""
    most: int = MOST_CHARACTERS

    @property
    def shown_most(self) -> str:
        return f"{self.most:,}"


@require_safe
@login_required
def show(request: HttpRequest, version: str) -> HttpResponse:
    """Show the notes, or the ``revision`` that the address names."""
    raw = request.GET.get("revision", "")
    page = notes_page(release_by_label(version), actor(request), _revision(raw) if raw else None)
    return render(request, "releases/notes.html", {"page": page})


@require_safe
@login_required
def edit(request: HttpRequest, version: str) -> HttpResponse:
    """Offer the newest notes to be written anew, or begin with the text of the revision that the address names."""
    actor(request, Permission.WRITE_NOTES)
    raw = request.GET.get("revision", "")
    notes = notes_of(release_by_label(version), _revision(raw) if raw else None)
    editor = Editor(version=notes.version, markdown=notes.markdown, revision=notes.newest.number)
    return render(request, "releases/notes_edit.html", {"editor": editor})


@require_POST
@login_required
def preview(request: HttpRequest, version: str) -> HttpResponse:
    """Show what was typed as it would read; nothing is stored."""
    actor(request, Permission.WRITE_NOTES)
    typed = _typed(request, version)
    try:
        checked_notes(typed.markdown)
    except InvalidInput as mistake:
        return _again(request, typed, status=422, problem=mistake.message)
    editor = Editor(version=typed.version, markdown=typed.markdown, revision=typed.revision, is_previewed=True)
    page = "releases/notes_edit.html"
    return render(request, f"{page}#preview" if request.headers.get("HX-Request") else page, {"editor": editor})


@require_POST
@login_required
def save(request: HttpRequest, version: str) -> HttpResponse:
    """Keep what was typed as the newest revision; what cannot be kept now is shown again, beside what is in the way."""
    person, typed = actor(request), _typed(request, version)
    wanted = NotesEdit(markdown=typed.markdown, revision=typed.revision)
    try:
        edit_notes(actor=person, version=version, edit=wanted, key=form_key(request))
    except NotesChanged as stale:
        return _again(request, typed, status=409, problem=stale.message, newer=notes_of(release_by_label(version)))
    except InvalidInput as mistake:
        return _again(request, typed, status=422, problem=mistake.message)
    if request.headers.get("HX-Request"):
        return HttpResponse("", headers={"HX-Redirect": reverse("web:notes", args=[version])})
    return redirect("web:notes", version)


def _typed(request: HttpRequest, version: str) -> Editor:
    return Editor(
        version=version,
        markdown=str(request.POST.get("markdown", "")),
        revision=_revision(str(request.POST.get("revision", ""))),
    )


def _again(
    request: HttpRequest, typed: Editor, *, status: int, problem: str, newer: Notes | None = None
) -> HttpResponse:
    """Show the form with what was typed; saved once more it follows what somebody else wrote."""
    editor = Editor(
        version=typed.version,
        markdown=typed.markdown,
        revision=newer.newest.number if newer else typed.revision,
        newer=newer,
        problem=problem,
    )
    if not request.headers.get("HX-Request"):
        return render(request, "releases/notes_edit.html", {"editor": editor}, status=status)
    answer = render(request, "releases/notes_edit.html#form", {"editor": editor}, status=status)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#notes-editor", "outerHTML"
    return answer


def _revision(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10):  # noqa: PLR2004 (what fits the column)
        message = "The revision is the number that the page of the notes gives; load it again."
        raise InvalidInput("revision", message)
    return int(raw)
