"""``manage.py create_token --user NAME``: the token, and nothing else, on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases.actions.tokens import create_token
from releases.domain.errors import ReleaseError

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Makes an API token; what it prints is the only copy."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="NAME", help="the token may what this user may")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            help="narrows it to read, callback, promote or promote:<stage>; can be repeated; all if left out",
        )
        parser.add_argument("--days", type=int, default=30, help="how long it lives, 1 to 90 (30)")
        parser.add_argument("--name", default="", help="what it is for")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            token = create_token(
                username=options["user"], scopes=options["scope"], days=options["days"], name=options["name"]
            )
        except ReleaseError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(token)
