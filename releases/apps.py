"""The release board as an installed app."""

from __future__ import annotations

from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    """Plans, promotes and shows releases."""

    name = "releases"
    verbose_name = "Release board"
