"""The database itself refuses to change the journal, whoever asks; a restore may, and nobody after it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from releases.actions.journal_guard import lifted_guard
from releases.models import JournalEntry
from releases.queries.seals import is_guarded
from tests.factories import created, load_bookverse

pytestmark = pytest.mark.django_db
REFUSAL = "The journal is append-only: its entries are neither changed nor deleted."


@pytest.fixture
def entry() -> JournalEntry:
    load_bookverse()
    return created().entries.get()


def refused(statement: str) -> str:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(refusal.value).splitlines()[0]


def test_no_entry_can_be_changed_or_deleted(entry: JournalEntry) -> None:
    assert refused("UPDATE releases_journalentry SET actor = 'nobody'") == REFUSAL
    assert refused("DELETE FROM releases_journalentry") == REFUSAL
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        entry.delete()
    assert JournalEntry.objects.get().actor == entry.actor


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_table_cannot_be_truncated(entry: JournalEntry) -> None:
    assert refused("TRUNCATE releases_journalentry") == REFUSAL


def test_who_lifts_the_guard_may_change_and_finds_it_in_its_place_afterwards(entry: JournalEntry) -> None:
    with lifted_guard():
        JournalEntry.objects.update(actor="nobody")
        JournalEntry.objects.all().delete()
    assert JournalEntry.objects.count() == 0
    assert is_guarded()
    created(title="next")
    assert refused("DELETE FROM releases_journalentry") == REFUSAL


@pytest.mark.django_db(transaction=True)
def test_a_failure_brings_the_guard_back_with_its_rollback(entry: JournalEntry) -> None:
    def change_and_fail() -> None:
        with transaction.atomic(), lifted_guard():
            JournalEntry.objects.all().delete()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()

    assert is_guarded()
    assert refused("DELETE FROM releases_journalentry") == REFUSAL
    assert JournalEntry.objects.get().pk == entry.pk


@pytest.mark.django_db(transaction=True)
def test_the_guard_is_back_in_the_next_transaction(entry: JournalEntry) -> None:
    with transaction.atomic(), lifted_guard():
        JournalEntry.objects.update(actor="nobody")
    assert refused("UPDATE releases_journalentry SET actor = 'x'") == REFUSAL
    assert JournalEntry.objects.get().actor == "nobody"
