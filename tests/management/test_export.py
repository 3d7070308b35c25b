"""``manage.py export`` and ``import``: a whole board moves, and both ends are checked."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from releases.actions.journal_guard import lifted_guard
from releases.models import JournalEntry
from releases.queries.backups import backup_lines
from tests.factories import promoting, tell

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "board.export"


def said(command: str, path: Path, **options: Any) -> str:
    out = StringIO()
    call_command(command, path, stdout=out, stderr=out, **options)
    return out.getvalue()


def rows() -> list[str]:
    """Return every row, but for the numbers that an import raises to fence the old board out."""
    fenced = ("releases.Stage", "releases.Promotion", "releases.Pulse")
    return [line for line in list(backup_lines())[1:] if json.loads(line)[0] not in fenced]


def damage() -> None:
    with transaction.atomic(), connection.cursor() as cursor, lifted_guard():
        cursor.execute("UPDATE releases_journalentry SET actor = 'mallory' WHERE sequence = 1")


def test_a_board_moves_whole_and_its_journals_are_sound_there(file: Path) -> None:
    tell(promoting("QA"), "inventory", "progress", percent=30)
    before = rows()
    exported = said("export", file)
    call_command("flush", interactive=False, verbosity=0)
    imported = said("import", file)

    assert rows() == before
    assert "1 checked, 0 unsound." in exported
    assert "1 checked, 0 unsound." in imported


def test_a_board_whose_journal_is_not_sound_is_not_exported(file: Path) -> None:
    promoting()
    damage()
    with pytest.raises(CommandError, match="Nothing was exported, for the journals are not sound"):
        said("export", file)

    assert not file.exists()


def test_who_insists_exports_it_nevertheless_and_is_told_again_when_it_is_imported(file: Path) -> None:
    promoting()
    damage()
    said("export", file, unverified=True)
    call_command("flush", interactive=False, verbosity=0)
    with pytest.raises(CommandError, match="The board was imported, but not every journal is sound"):
        said("import", file, unverified=True)

    assert JournalEntry.objects.exists()


def test_a_database_that_holds_a_board_is_not_imported_into(file: Path) -> None:
    promoting()
    said("export", file)
    with pytest.raises(CommandError, match="This database holds a board already"):
        said("import", file)
