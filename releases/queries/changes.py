"""What changed in a release since a journal entry: all that a live page needs to catch up."""

from __future__ import annotations

from dataclasses import dataclass

from releases.models import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """``services`` is None when the change concerns them all."""

    release: Release
    services: frozenset[str] | None


def release_sequence(release_id: int) -> int:
    """Return the number of the last journal entry; raise ``Release.DoesNotExist`` for an unknown release."""
    return Release.objects.values_list("sequence", flat=True).get(pk=release_id)


def release_of(release_id: int) -> Release:
    """Return the release as its page needs it."""
    return Release.objects.select_related("created_by").get(pk=release_id)


def changes_since(release_id: int, sequence: int) -> Changes:
    """Return which services the entries after ``sequence`` speak of."""
    release = release_of(release_id)
    touched = set(release.entries.filter(sequence__gt=sequence).values_list("service", flat=True))
    return Changes(release=release, services=None if "" in touched else frozenset(touched))
