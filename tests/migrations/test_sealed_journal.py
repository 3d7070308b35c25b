"""Migration 0004 seals the journals that are there, guards them, and can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from releases.domain.broken_seals import first_broken_seal
from releases.models import Release
from releases.queries.seals import is_guarded, sealed_journal
from tests.factories import created, finish, promoting

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("releases", "0003_engine")]


def migrate(targets: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(targets)


@pytest.fixture(autouse=True)
def newest() -> Iterator[None]:
    """Leave the tables as the other tests need them, whatever happens here."""
    yield
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def columns() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, "releases_journalentry")
    return {column.name for column in found}


def test_journals_from_before_are_sealed_and_guarded() -> None:
    finish(promoting())
    created(title="second")
    sealed = set(Release.objects.values_list("pk", "seal"))
    migrate(BEFORE)
    assert "seal" not in columns()

    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())

    assert set(Release.objects.values_list("pk", "seal")) == sealed
    assert [first_broken_seal(sealed_journal(release)) for release in Release.objects.all()] == [None, None]
    assert is_guarded()


def test_a_new_database_is_guarded_by_the_last_migration() -> None:
    assert is_guarded()
