"""The project as an installed app, for its commands and so that every process knows the Celery application."""

from __future__ import annotations

from django.apps import AppConfig

from bookverse import celery

__all__ = ["BookverseConfig", "celery"]


class BookverseConfig(AppConfig):
    """Holds the commands that need the whole project: serve and seed_demo."""

    name = "bookverse"
    verbose_name = "BookVerse"
