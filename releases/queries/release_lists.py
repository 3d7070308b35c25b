"""Releases and their journals in pages, as the API hands them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.errors import NotFound
from releases.models import PlatformVersion, Release
from releases.queries.boards import release_lines
from releases.queries.release_pages import entry_view

if TYPE_CHECKING:
    from releases.queries.views import Entry, ReleaseLine


def release_page(*, limit: int, before: int | None, state: str) -> tuple[tuple[ReleaseLine, ...], int | None]:
    """Return releases, newest first, and the cursor of the next page (None on the last)."""
    found = Release.objects.order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    if state:
        found = found.filter(state=state)
    page = list(found[: limit + 1])
    return release_lines(page[:limit]), page[limit - 1].pk if len(page) > limit else None


def journal_after(release: Release, *, after: int, limit: int) -> tuple[tuple[Entry, ...], int | None]:
    """Return the entries numbered above ``after`` in order, and the cursor of the next page (None on the last)."""
    page = list(release.entries.filter(sequence__gt=after).order_by("sequence")[: limit + 1])
    entries = tuple(entry_view(entry) for entry in page[:limit])
    return entries, entries[-1].sequence if len(page) > limit else None


def manifest_of(version: str) -> dict[str, object]:
    """Return what a release's label stands for, which was settled when the label was given."""
    label = PlatformVersion.objects.select_related("release").filter(version=version, release__isnull=False).first()
    if label is None or label.release is None:
        message = f"There is no release {version}."
        raise NotFound(message)
    return {
        "platform_version": label.version,
        "target_version": label.release.target_version,
        "kind": label.release.kind,
        "services": dict(sorted(label.manifest.items())),
        "digest": label.release.digest,
        "created_at": label.created_at.isoformat(),
    }
