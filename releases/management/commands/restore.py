"""``manage.py restore PATH``: fills a migrated database from a backup."""

from __future__ import annotations

import gzip
import zlib
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases.actions.backups import restore
from releases.domain.errors import ReleaseError
from releases.domain.sealed_lines import unsealed

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator


class Command(BaseCommand):
    help = (
        "Fills an empty, migrated database from a file that manage.py backup wrote, all of it or nothing. Stop the "
        "board first, and start it with the same SECRET_KEY afterwards: open promotions go on where they were. A file "
        "whose journals do not fit their seals is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the backup")
        parser.add_argument("--replace", action="store_true", help="drop what the database holds now")
        parser.add_argument(
            "--unverified", action="store_true", help="take journals that do not fit their seals, when a key is lost"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        path: Path = options["path"]
        try:
            # The seal comes last: nothing of a file is stored before all of it was read.
            deque(unsealed(_lines(path)), maxlen=0)
            restored = restore(unsealed(_lines(path)), replace=options["replace"], verify=not options["unverified"])
        except ReleaseError as refusal:
            raise CommandError(refusal.message) from refusal
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
            message = f"{path} cannot be read as a backup: {problem}."
            raise CommandError(message) from problem
        for warning in restored.warnings:
            self.stderr.write(warning)
        self.stdout.write(f"{restored.rows} rows as of {restored.at}. Everybody signs in again.")


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n")
