"""Releases and their journals in pages, as the API hands them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.queries.boards import find_releases, release_lines
from releases.queries.release_pages import entry_view

if TYPE_CHECKING:
    from releases.models import Release
    from releases.queries.views import Entry, ReleaseLine


def release_page(*, limit: int, before: int | None, state: str) -> tuple[tuple[ReleaseLine, ...], int | None]:
    """Return releases, newest first, and the cursor of the next page (None on the last)."""
    releases, cursor = find_releases(state=state, before=before, limit=limit)
    return release_lines(releases), cursor


def journal_after(release: Release, *, after: int, limit: int) -> tuple[tuple[Entry, ...], int | None]:
    """Return the entries numbered above ``after`` in order, and the cursor of the next page (None on the last)."""
    page = list(release.entries.filter(sequence__gt=after).order_by("sequence")[: limit + 1])
    entries = tuple(entry_view(entry) for entry in page[:limit])
    return entries, entries[-1].sequence if len(page) > limit else None
