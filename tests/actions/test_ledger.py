"""The ledger seals what it writes: the chain is what both databases give back, and costs no query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from releases.actions.ledger import open_ledger
from releases.domain.broken_seals import first_broken_seal
from releases.domain.journal import Kind
from releases.domain.sealing import canonical
from releases.models import JournalEntry, Release
from releases.queries.seals import sealed_journal
from tests.factories import created, load_bookverse, promoting, tell

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

pytestmark = pytest.mark.django_db

# What PostgreSQL has no JSON for never gets as far as a journal.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES: SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def release() -> Release:
    load_bookverse()
    return created()


def append(release: Release, payload: dict[str, object], *, actor: str = "x", service: str = "") -> JournalEntry:
    """Write one entry and return it as the database gives it back."""
    with transaction.atomic():
        ledger = open_ledger(release_id=release.pk, actor=actor)
        ledger.append(Kind.CALLBACK_APPLIED, service=service, payload=payload)
        ledger.close()
    return release.entries.get(sequence=ledger.release.sequence)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.dictionaries(TEXTS, VALUES, max_size=4), actor=TEXTS, service=TEXTS)
def test_what_the_database_gives_back_is_what_was_sealed(
    release: Release, payload: dict[str, object], actor: str, service: str
) -> None:
    entry = append(release, payload, actor=actor, service=service)
    as_written = JournalEntry(
        release=release,
        sequence=entry.sequence,
        at=entry.at,
        kind=entry.kind,
        actor=actor,
        service=service,
        payload={"payload": payload},
    )
    texts = {canonical(release_id=release.pk, line=line, sequence=entry.sequence) for line in (entry, as_written)}
    assert len(texts) == 1


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_a_journal_with_anything_in_it_fits_its_seals(release: Release, payload: dict[str, object]) -> None:
    append(release, payload)
    release.refresh_from_db()
    assert first_broken_seal(sealed_journal(release)) is None


def test_the_journal_of_real_work_fits_its_seals_and_the_release_has_the_last() -> None:
    promotion = promoting("QA")
    tell(promotion, "inventory", "progress", percent=30, message="ü \u2028")
    release = Release.objects.get(pk=promotion.release_id)
    last = release.entries.latest("sequence")
    assert (release.sequence, release.seal) == (last.sequence, last.seal)
    assert first_broken_seal(sealed_journal(release)) is None


def test_an_entry_costs_one_query_with_its_seal(release: Release) -> None:
    with transaction.atomic():
        ledger = open_ledger(release_id=release.pk, actor="x")
        with CaptureQueriesContext(connection) as queries:
            ledger.append(Kind.CALLBACK_APPLIED)
            ledger.append(Kind.CALLBACK_APPLIED)
        ledger.close()
    assert [query["sql"].split()[0] for query in queries] == ["INSERT", "INSERT"]
