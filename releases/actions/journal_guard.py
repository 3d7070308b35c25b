"""Lifting the guard that keeps the journal and the manifests as they are: a restore may, in its own transaction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

from releases.models import JournalEntry, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def lifted_guard() -> Iterator[None]:
    """Let this transaction, which must be open, change what is guarded; others cannot meanwhile, nor it afterwards.

    Where it fails the transaction has to end with it: its rollback is what brings the guard back.
    """
    if connection.vendor == "postgresql":
        _tell_postgresql("lifted")
        yield
        _tell_postgresql("")
        return
    triggers = _triggers_on_sqlite()
    _execute(*(f'DROP TRIGGER "{name}"' for name in triggers))
    yield
    _execute(*triggers.values())


def _tell_postgresql(guard: str) -> None:
    _execute(f"SET LOCAL releases.journal_guard = '{guard}'")


def _triggers_on_sqlite() -> dict[str, str]:
    """Return how each trigger of the guarded tables was made, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)",
            [model._meta.db_table for model in (JournalEntry, Manifest)],
        )
        return dict(cursor.fetchall())


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
