"""Bugs in what is kept and shown of what happened."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

from releases.actions import ledger as ledgers
from releases.domain.journal import Kind
from releases.live import hub
from releases.models import JournalEntry
from tests.chaos.bugs.planting import bug, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.actions.ledger import Ledger
    from tests.chaos.bugs.planting import Changes


@bug("nudges nobody, and looks by itself once in a day only", "I11")
def pages_not_nudged() -> Changes:
    def keep_quiet(*, release_id: int, sequence: int) -> None:
        pass

    return [changed(ledgers, publish_on_commit=keep_quiet), changed(hub, LOOK_EVERY_S=24 * 3600.0)]


@bug("changes what an older entry of the journal says", "I12")
def journal_edited() -> Changes:
    close = ledgers.Ledger.close

    def close_and_edit(ledger: Ledger) -> None:
        close(ledger)
        older = JournalEntry.objects.filter(release=ledger.release, sequence__lt=ledger.release.sequence)
        with _unguarded():
            for entry in older.filter(kind=Kind.SLOT_CLOSED.value):
                entry.payload = {**entry.payload, "message": "all went well"}
                entry.save(update_fields=["payload"])

    return [changed(ledgers.Ledger, close=close_and_edit)]


@contextmanager
def _unguarded() -> Iterator[None]:
    """Let the journal be changed, as somebody may who owns the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        guards = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'releases_journalentry'"
        triggers = cursor.execute(guards).fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, definition in triggers:
            cursor.execute(definition)


RECORDING = (pages_not_nudged, journal_edited)
