"""``manage.py export PATH``: the whole board in one file, checked first, to be imported into another database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import CommandError

from releases.management.commands.backup import Command as Backup

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(Backup):
    help = (
        "Checks every journal and writes the whole board to a file that manage.py import reads into a database of "
        "either kind. Stop the board first: what happens after the export stays behind."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--unverified", action="store_true", help="export journals that are not sound too")

    def handle(self, *args: object, **options: Any) -> None:
        if not options["unverified"]:
            self._verify()
        super().handle(*args, **options)

    def _verify(self) -> None:
        try:
            call_command("verify_journal", stdout=self.stdout, stderr=self.stderr)
        except SystemExit as unsound:
            message = "Nothing was exported, for the journals are not sound; --unverified exports them nevertheless."
            raise CommandError(message) from unsound
