"""Ways to break a promise afterwards, in what a run left behind."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.checks.lookup import grouped
from tests.chaos.checks.seals import first_seal, seal_of, sealing_keys
from tests.chaos.reading import POSTGRES_CLOCK, SQLITE_CLOCK, Facts, is_sqlite, read_facts, read_services, tables_from
from tests.chaos.records import LOGS, RUN, SECRETS, SERVICES, Record, read_records, read_run, read_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.chaos.journals import Verification
    from tests.chaos.reading import Tables
    from tests.chaos.records import Run
    from tests.chaos.sound_run import Left

# Each database has its own way to let somebody change what it guards.
_LIFT_SQLITE = ("DROP TRIGGER IF EXISTS journal_refuses_update", "DROP TRIGGER IF EXISTS journal_refuses_delete")
_LIFT_POSTGRES = ("SET LOCAL releases.journal_guard = 'lifted'",)
BOARD_LOG = "board.log"
_FILES = (LOGS, "*.jsonl", RUN, SECRETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruin:
    """A run that a test may ruin: its folder is a copy, what happens to its database is undone in the end."""

    folder: Path
    is_sqlite: bool
    cursor: Any

    def facts(self, verify: Callable[[Run], Verification]) -> Facts:
        return read_facts(self.folder, verify, lambda _: self.tables)

    @property
    def tables(self) -> Tables:
        return tables_from(self.cursor, SQLITE_CLOCK if self.is_sqlite else POSTGRES_CLOCK)

    @property
    def secrets(self) -> list[str]:
        return read_secrets(self.folder)

    @property
    def callback_token(self) -> str:
        return read_services(self.folder / SERVICES).orders[0].callback_token

    def execute(self, statement: str, *values: object) -> None:
        """Change the board's database; ``{}`` stands for a value, and exactly one row must be concerned."""
        self.cursor.execute(statement.format(*[self._mark] * len(values)), values)
        assert self.cursor.rowcount == 1, f"{self.cursor.rowcount} rows: {statement} {values}"

    def change(self, table: str, row_id: int, **values: object) -> None:
        """Write other values into one row."""
        assignments = ", ".join(f"{name} = {{}}" for name in values)
        self.execute(f"UPDATE {table} SET {assignments} WHERE id = {{}}", *values.values(), row_id)

    def change_entry(self, entry_id: int, *, sealed: bool = True, **values: object) -> None:
        """Change a journal entry although it is guarded; ``sealed`` as if the board itself had written it so."""
        self._lift()
        self.change("releases_journalentry", entry_id, **values)
        if sealed:
            self._seal_again()

    def delete_entry(self, entry_id: int) -> None:
        """Delete a journal entry as if the board had never written it."""
        self._lift()
        self.execute("DELETE FROM releases_journalentry WHERE id = {}", entry_id)
        self._seal_again()

    def _lift(self) -> None:
        for statement in _LIFT_SQLITE if self.is_sqlite else _LIFT_POSTGRES:
            self.cursor.execute(statement)

    def _seal_again(self) -> None:
        [key, *_] = sealing_keys(read_run(self.folder).environment)
        journals = grouped(sorted(self.tables.entries, key=lambda each: each.sequence), lambda each: each.release_id)
        for release_id, journal in journals.items():
            seal = first_seal(release_id)
            for entry in journal:
                seal = seal_of(entry, previous=seal, key=key)
                self.change("releases_journalentry", entry.id, seal=seal)
            self.change("releases_release", release_id, seal=seal)

    @property
    def _mark(self) -> str:
        return "?" if self.is_sqlite else "%s"

    def moment(self, at: datetime) -> object:
        """Return a time as this database takes it."""
        return at.replace(tzinfo=None).isoformat(" ") if self.is_sqlite else at

    def in_service(self, service: str, statement: str, *values: object) -> None:
        """Change what a service wrote down; at least one row must be concerned."""
        with closing(sqlite3.connect(self.folder / SERVICES / f"{service}.sqlite3")) as connection, connection:
            assert connection.execute(statement, values).rowcount > 0, f"nothing: {statement} {values}"

    def rewrite(self, kind: type[Record], change: Callable[[list[Record]], list[Record]]) -> None:
        """Write other records in the place of those of a kind."""
        changed = change(read_records(self.folder, kind))
        lines = (f"{json.dumps(asdict(record))}\n" for record in changed)
        (self.folder / kind.FILE).write_text("".join(lines))

    def log(self, line: str) -> None:
        with (self.folder / BOARD_LOG).open("a") as log:
            log.write(f"{line}\n")


def document(value: object) -> str:
    """Return a value for a JSON column."""
    return json.dumps(value)


@contextmanager
def ruin_of(left: Left, folder: Path) -> Iterator[Ruin]:
    """Yield a run to be ruined in an empty folder."""
    for path in (path for pattern in _FILES for path in left.folder.glob(pattern)):
        shutil.copy(path, folder)
    shutil.copytree(left.folder / SERVICES, folder / SERVICES)
    with left.database.opened(keep=False) as cursor:
        yield Ruin(folder=folder, is_sqlite=is_sqlite(left.database.url), cursor=cursor)
