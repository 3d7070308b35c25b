"""``manage.py import PATH``: an exported board into an empty database, made ready before and checked afterwards."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from releases.management.commands.restore import Command as Restore


class Command(Restore):
    help = (
        "Makes the database's tables, fills them from a file that manage.py export or backup wrote, all of it or "
        "nothing, and checks every journal in its new place. Exit code 1 when one is not sound there."
    )

    def handle(self, *args: object, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        super().handle(*args, **options)
        try:
            call_command("verify_journal", stdout=self.stdout, stderr=self.stderr)
        except SystemExit as unsound:
            message = "The board was imported, but not every journal is sound; the lines above name them."
            raise CommandError(message) from unsound
