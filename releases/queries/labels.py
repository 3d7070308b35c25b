"""Releases by name: every label that a release carries in any stage leads to it."""

from __future__ import annotations

from releases.domain.errors import NotFound
from releases.models import PlatformVersion, Release, Train


def label_and_release(version: str) -> tuple[PlatformVersion, Release]:
    """Return a label with its release; ``NotFound`` for an unknown one, and for one older than the board."""
    label = PlatformVersion.objects.select_related("release__created_by").filter(version=version).first()
    if label is None or label.release is None:
        message = f"There is no release {version}."
        raise NotFound(message)
    return label, label.release


def train_of(release: Release) -> str:
    """Return the name of the train that the release left with, empty when it left with none."""
    return Train.objects.filter(release=release).values_list("label", flat=True).first() or ""
