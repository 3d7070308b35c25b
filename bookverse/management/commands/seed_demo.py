"""Demo data: the BookVerse platform as it is live, its rules, and an account for each role."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from bookverse.demo.addresses import CI, server_url
from bookverse.demo.changes import change_notes
from bookverse.demo.ci.webhooks import remember_secret
from bookverse.demo.platform import platform_description
from releases.actions.accounts import ensure_account, ensure_approval_rule, ensure_roles
from releases.actions.catalog import load_platform
from releases.actions.collections import collect_due_versions, request_collection
from releases.actions.subscriptions import ensure_subscription
from releases.actions.timetables import ensure_schedule, keep_timetable
from releases.actions.validation_targets import load_targets
from releases.actions.versions import NewVersion, register_version
from releases.domain.access import SYSTEM, Actor, Role
from releases.models import ServiceVersion
from releases.queries.plans import collection_view

if TYPE_CHECKING:
    from argparse import ArgumentParser

ACCOUNTS = (("admin", Role.ADMIN), ("manager", Role.MANAGER), ("viewer", Role.VIEWER), ("approver", Role.APPROVER))
WAITS_FOR_APPROVAL = "PROD"
PIPELINES = Actor(user_id=None, name="bookverse-ci", roles=frozenset({Role.MANAGER}))


class Command(BaseCommand):
    """Refuses outside the demo: these accounts have their names for passwords."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--follow", action="store_true", help="post what happens to the simulated build system")
        # Only where people are there to give them, not where a script promotes.
        parser.add_argument("--approvals", action="store_true", help="let PROD wait for one sign-off of an approver")

    def handle(
        self, *_args: Any, follow: bool = False, approvals: bool = False, verbosity: int = 1, **_options: Any
    ) -> None:
        """Add what is missing; safe to repeat."""
        if not settings.DEMO:
            message = "Demo accounts have known passwords. Set BOOKVERSE_DEMO=1 if this really is a demo."
            raise CommandError(message)
        ensure_roles()
        description = platform_description(url_of=lambda server: server_url(server, base=settings.DEMO_PORT))
        load_platform(description)
        load_targets(description["validation"])
        _announce_versions()
        _seat_people(approvals=approvals)
        ensure_schedule(
            name="platform",
            # The first one leaves in three days, so that the board has somebody on board from the start.
            starts_on=datetime.now(UTC).date() + timedelta(days=3),
            departure_time=time(10),
            time_zone="Europe/Berlin",
            conductor="manager",
            tests_optional=True,
            watch_minutes=2,
        )
        if follow:
            _let_the_build_system_follow()
        keep_timetable()
        request_collection(actor=SYSTEM)
        collect_due_versions()
        collected = collection_view()
        if collected.error:
            self.stderr.write(f"Versions were not collected: {collected.error}")
        elif verbosity:
            self.stdout.write(f"{collected.versions} versions collected from AppTrust.")


def _announce_versions() -> None:
    """Say what each version changes, as the services' pipelines do; what is registered already keeps what it says."""
    known = set(ServiceVersion.objects.values_list("service__slug", "version"))
    for (service, version), notes in change_notes().items():
        if (service, version) not in known:
            register_version(actor=PIPELINES, new=NewVersion(service=service, version=version, notes=notes))


def _seat_people(*, approvals: bool) -> None:
    for username, role in ACCOUNTS:
        is_new = ensure_account(username=username, password=username, role=role)
        # Once: whoever takes the rule away does not want it back with the next start.
        if approvals and is_new and role is Role.APPROVER:
            ensure_approval_rule(stage=WAITS_FOR_APPROVAL, role=role)


def _let_the_build_system_follow() -> None:
    address = f"{server_url(CI, base=settings.DEMO_PORT)}/webhooks"
    secret = ensure_subscription(name="demo", url=address, events="promotion.*\nrelease.*\nstep.*")
    remember_secret(Path(settings.DEMO_DATA), secret)
