"""A copy of the tests' database that stays when the tests' own is emptied, and that a test can ruin for a moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from django.db import connection, connections
from psycopg.sql import SQL, Identifier

from tests.chaos.reading import is_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVER_DATABASE = "/postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A database by its address; nobody but its opener uses it."""

    url: str

    @contextmanager
    def opened(self, *, keep: bool) -> Iterator[Any]:
        """Yield a cursor in a transaction, which is committed or undone at the end."""
        end = "COMMIT" if keep else "ROLLBACK"
        with closing(self._connection()) as opened:
            cursor = opened.cursor()
            cursor.execute("BEGIN")
            yield cursor
            cursor.execute(end)

    def _connection(self) -> Any:  # noqa: ANN401 (two drivers that have no type in common)
        if is_sqlite(self.url):
            return sqlite3.connect(urlsplit(self.url).path[1:], isolation_level=None)
        return psycopg.connect(self.url, autocommit=True)


@contextmanager
def copy_of_test_database(folder: Path) -> Iterator[Copy]:
    """Yield a copy of what is committed in the tests' database."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        path = folder / "board.sqlite3"
        with closing(sqlite3.connect(settings["NAME"])) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
        yield Copy(url=f"sqlite:///{path}")
        return
    # A database can only be copied while nobody is connected.
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL's
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)
    with _copied_on_server(address) as url:
        yield Copy(url=url)


@contextmanager
def _copied_on_server(url: str) -> Iterator[str]:
    address = urlsplit(url)
    source, copy = Identifier(address.path[1:]), f"{address.path[1:]}_sound"
    with psycopg.connect(address._replace(path=SERVER_DATABASE).geturl(), autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(copy), source))
        try:
            yield address._replace(path=f"/{copy}").geturl()
        finally:
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(copy)))
