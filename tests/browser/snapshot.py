"""Databases as they were at one moment, put back under the running processes within milliseconds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Copies of SQLite databases; other connections see of each either all of what was or all of what is put back."""

    databases: Sequence[Path]
    copies: Path

    def take(self) -> None:
        for database in self.databases:
            _copy(database, self.copies / database.name)

    def restore(self) -> None:
        for database in self.databases:
            _copy(self.copies / database.name, database)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)
