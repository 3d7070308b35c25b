"""The board's database as it was at one moment, put back under the running board within milliseconds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A copy of an SQLite database; other connections see either all of what was or all of what is put back."""

    database: Path
    copy: Path

    def take(self) -> None:
        _copy(self.database, self.copy)

    def restore(self) -> None:
        _copy(self.copy, self.database)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)
