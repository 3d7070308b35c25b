"""The migration that brings manifests writes one for every earlier release, says so of it, and can be taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from releases.models import Manifest
from releases.queries.manifests import manifest_of
from releases.queries.seals import is_guarded
from tests.factories import NEXT, created, finish, load_bookverse, promote

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(targets: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(targets)


def newest() -> list[tuple[str, str]]:
    return list(MigrationExecutor(connection).loader.graph.leaf_nodes())


@pytest.fixture(autouse=True)
def in_order_again() -> Iterator[None]:
    """Leave the tables as the other tests need them, whatever happens here."""
    yield
    migrate(newest())


def before() -> list[tuple[str, str]]:
    """Return the migration that stands right before the one with manifests."""
    graph = MigrationExecutor(connection).loader.graph
    [name] = [name for app, name in graph.nodes if app == "releases" and name.endswith("_manifests")]
    return [(parent[0], parent[1]) for parent in graph.node_map["releases", name].parents]


def test_an_earlier_release_gets_what_it_still_says_of_itself() -> None:
    load_bookverse()
    release = created(title="early")
    finish(promote(release))
    release.refresh_from_db()
    promote(release, "QA")
    told = manifest_of(release.version).document
    migrate(before())

    migrate(newest())

    [stored] = Manifest.objects.all()
    derived = json.loads(stored.body)
    assert (stored.is_derived, stored.release_id, derived["services"]) == (True, release.pk, NEXT)
    assert derived == {**told, "source_stage": None}
    assert is_guarded()
