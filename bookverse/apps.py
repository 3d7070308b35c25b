"""The project as an installed app, for its commands and so that every process knows the Celery application."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core import checks

from bookverse import celery
from bookverse.configuration import check_configuration

__all__ = ["BookverseConfig", "celery"]


class BookverseConfig(AppConfig):
    """Holds the commands that need the whole project: serve and seed_demo."""

    name = "bookverse"
    verbose_name = "BookVerse"

    def ready(self) -> None:
        """Have every command refuse what production must not be."""
        checks.register(check_configuration, checks.Tags.security)


class AdministrationConfig(admin_apps.AdminConfig):
    """Django's admin, entered by the same roles as everything else."""

    default = False  # of this module's two the one above is the project
    default_site = "bookverse.administration.AdministrationSite"
