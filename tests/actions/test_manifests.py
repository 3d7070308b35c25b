"""A release is created with its manifest, which nobody changes any more."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, connection, transaction

from releases.actions.journal_guard import lifted_guard
from releases.domain.manifests import sha256_of
from releases.models import Manifest, Release
from releases.queries.journal_checks import journal_problems
from releases.queries.manifests import manifest_of
from tests.factories import NEXT, created, created_alone, finish, load_bookverse, promote

pytestmark = pytest.mark.django_db
REFUSAL = "Manifests are written once: they are neither changed nor deleted."


@pytest.fixture
def release() -> Release:
    load_bookverse()
    return created()


def refused(statement: str) -> str:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(refusal.value).splitlines()[0]


def test_a_release_has_a_manifest_from_its_first_moment(release: Release) -> None:
    stored = release.stored_manifest
    document = json.loads(stored.body)

    assert (stored.is_derived, stored.created_at) == (False, release.created_at)
    assert {each["service"]: each["version"] for each in document["applications"]} == NEXT
    assert [each["application_key"] for each in document["applications"]] == [
        f"bookverse-{each['service']}" for each in document["applications"]
    ]
    assert (document["source_stage"], document["provenance"]["created_by"]) == ("PROD", "maria")


def test_the_journal_seals_which_manifest_it_was(release: Release) -> None:
    stored = release.stored_manifest
    assert release.entries.get(sequence=1).payload["manifest"] == stored.sha256 == sha256_of(stored.body)


def test_an_independent_release_has_one_too() -> None:
    load_bookverse()
    document = manifest_of(created_alone(checkout="1.5.3").version).document
    assert (document["kind"], document["services"]["checkout"]) == ("independent", "1.5.3")


def test_every_label_leads_to_the_same_manifest(release: Release) -> None:
    first = manifest_of(release.version)
    finish(promote(release))
    release.refresh_from_db()
    promote(release, "QA")

    assert release.version == "2.2.0-beta.1"
    assert manifest_of("2.2.0-beta.1") == manifest_of("2.2.0-alpha.1") == first


def test_the_database_refuses_to_change_or_delete_one(release: Release) -> None:
    assert refused("UPDATE releases_manifest SET body = '{}'") == REFUSAL
    assert refused("DELETE FROM releases_manifest") == REFUSAL
    assert Manifest.objects.get().body == release.stored_manifest.body


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_table_cannot_be_truncated(release: Release) -> None:
    assert refused("TRUNCATE releases_manifest") == REFUSAL
    assert Manifest.objects.get().release_id == release.pk


def test_a_manifest_that_was_changed_nevertheless_is_named(release: Release) -> None:
    assert journal_problems(release.pk) == ()
    with lifted_guard():
        Manifest.objects.update(body="{}", sha256=sha256_of("{}"))
    assert journal_problems(release.pk) == ("its manifest is not what was written when the release was created.",)
    with lifted_guard():
        Manifest.objects.all().delete()
    assert journal_problems(release.pk) == ("its manifest is gone.",)
    created(title="next")
    assert refused("DELETE FROM releases_manifest") == REFUSAL
