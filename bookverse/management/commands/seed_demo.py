"""Demo data: the BookVerse platform as it is live, its rules, and three accounts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from bookverse.demo.addresses import server_url
from bookverse.demo.platform import platform_description
from releases.actions.accounts import ensure_account, ensure_roles
from releases.actions.catalog import load_platform
from releases.actions.collections import collect_due_versions, request_collection
from releases.domain.access import SYSTEM, Role
from releases.queries.plans import collection_view

ACCOUNTS = (("admin", Role.ADMIN), ("manager", Role.MANAGER), ("viewer", Role.VIEWER))


class Command(BaseCommand):
    """Refuses outside the demo: these accounts have their names for passwords."""

    help = __doc__ or ""

    def handle(self, *_args: Any, verbosity: int = 1, **_options: Any) -> None:
        """Add what is missing; safe to repeat."""
        if not settings.DEMO:
            message = "Demo accounts have known passwords. Set BOOKVERSE_DEMO=1 if this really is a demo."
            raise CommandError(message)
        ensure_roles()
        load_platform(platform_description(url_of=lambda server: server_url(server, base=settings.DEMO_PORT)))
        for username, role in ACCOUNTS:
            ensure_account(username=username, password=username, role=role)
        request_collection(actor=SYSTEM)
        collect_due_versions()
        collected = collection_view()
        if collected.error:
            self.stderr.write(f"Versions were not collected: {collected.error}")
        elif verbosity:
            self.stdout.write(f"{collected.versions} versions collected from AppTrust.")
