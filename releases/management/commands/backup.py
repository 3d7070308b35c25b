"""``manage.py backup PATH``: the whole board in one file, while it runs."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases.domain.sealed_lines import sealed
from releases.queries.backups import backup_lines, missing_migrations

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "Writes the whole board as it is at one moment, while it goes on running. The file fits SQLite and "
        "PostgreSQL alike; it holds password hashes, so only its owner can read it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a file that does not exist yet")

    def handle(self, *_args: object, **options: Any) -> None:
        path: Path = options["path"]
        if path.exists():
            message = f"{path} exists already; name another file."
            raise CommandError(message)
        if missing := missing_migrations():
            message = f"This database is no board of this version: {missing[0]} has not run. Is DATABASE_URL right?"
            raise CommandError(message)
        part = path.with_name(f"{path.name}.part")
        try:
            rows = _write(part)
            part.replace(path)
        except OSError as problem:
            message = f"{path} cannot be written: {problem.strerror}."
            raise CommandError(message) from problem
        self.stdout.write(f"{path}: {rows} rows.")


def _write(part: Path) -> int:
    part.unlink(missing_ok=True)
    lines = 0
    # Without a name and a time in it, the same board gives the same file.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as file:
            for line in sealed(backup_lines()):
                file.write(f"{line}\n".encode())
                lines += 1
        raw.flush()
        os.fsync(raw.fileno())
    return lines - len(("head", "seal"))
