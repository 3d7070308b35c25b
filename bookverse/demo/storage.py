"""One SQLite file per server, written so that a committed row survives the process and the machine."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bookverse.demo.errors import DataInUse


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open or create the file; its commits are on disk when they return."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # isolation_level None leaves transactions to `transaction` below instead of to implicit BEGINs.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(schema)
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def prepare_database(path: Path, schema: str, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Create and fill the file where there is none; a crash on the way leaves none, so that it is begun again."""
    if path.exists():
        return
    draft = path.with_suffix(".draft")
    for leftover in path.parent.glob(f"{draft.name}*"):
        leftover.unlink()
    connection = open_database(draft, schema)
    # The draft only counts once it has its name, so its own commits need not reach the disk.
    connection.execute("PRAGMA synchronous = OFF")
    fill(connection)
    connection.close()
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(path)


@contextmanager
def sole_use(path: Path) -> Iterator[None]:
    """Hold the file's lock until the end of the block; DataInUse where another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as why:
            raise DataInUse(path) from why
        yield
