"""What the draft of a release's notes finds: everything registered between the two sets, and nothing besides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from releases.actions.documents import keep_document
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.domain.api_changes import ApiChanges
from releases.domain.release_notes import DeclaredBreak, ServiceDifference, VersionNote
from releases.models import BreakingChange, Release, Service, ServiceVersion
from releases.queries.notes_drafts import draft_facts
from releases.queries.release_notes import notes_of
from tests.factories import bring, created, created_alone, load_bookverse, new_release, person, register, stored
from tests.openapi_documents import api_document

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def platform() -> None:
    load_bookverse()
    BreakingChange.objects.all().delete()


def note(service: str, version: str, text: str = "", irreversible: str = "") -> None:
    rows = ServiceVersion.objects.filter(service__slug=service, version=version)
    assert rows.update(notes=text, irreversible=irreversible) == 1


def declare(version: str, path: str = "", text: str = "Gone") -> None:
    inventory = Service.objects.get(slug="inventory")
    BreakingChange.objects.create(
        provider=inventory, version=version, method="GET" if path else "", path=path, text=text
    )


def give(version: str, paths: dict[str, Any]) -> None:
    keep_document(actor=person(), service="inventory", version=version, document=api_document(version, paths=paths))


def changed(release: Release, **ends: None) -> Release:
    """Let the plan have no version of inventory before, or after."""
    change = next(each for each in release.plan["changes"] if each["service"] == "inventory")
    change.update(ends)
    return release


def of_inventory(release: Release) -> ServiceDifference:
    return next(each for each in draft_facts(release).differences if each.service == "inventory")


INVENTORY = ServiceDifference(service="inventory", before="1.2.3", after="1.4.0")


def test_each_service_differs_as_the_plan_said() -> None:
    release = created_alone(inventory="1.4.0")
    assert (draft_facts(release).baseline, draft_facts(release).differences) == ("2.1.0", [INVENTORY])


def test_a_plan_made_later_changes_nothing_of_a_release_that_is_there() -> None:
    release = created_alone(inventory="1.4.0")
    bring(created())
    assert draft_facts(Release.objects.get(pk=release.pk)).differences == [INVENTORY]


def test_notes_are_those_of_the_versions_in_between_newest_first() -> None:
    register({"inventory": ["1.3.0-rc.1", "1.10.0"]})
    for version in ("1.2.3", "1.3.0-rc.1", "1.3.0", "1.4.0", "1.10.0"):
        note("inventory", version, f"About {version}")
    note("inventory", "1.3.0", irreversible="Drops a table")
    note("web", "3.0.2", "Of the web")
    assert of_inventory(created_alone(inventory="1.4.0")).notes == (
        VersionNote(version="1.4.0", text="About 1.4.0"),
        VersionNote(version="1.3.0", irreversible="Drops a table"),
        VersionNote(version="1.3.0-rc.1", text="About 1.3.0-rc.1"),
    )


def test_breaking_changes_are_those_of_the_versions_in_between_newest_first() -> None:
    for version in ("1.2.3", "1.3.0", "1.4.1"):
        declare(version)
    declare("1.4.0", "/books/search", "Takes q")
    declare("1.4.0", text="No more stock")
    assert of_inventory(created_alone(inventory="1.4.0")).breaks == (
        DeclaredBreak(version="1.4.0", endpoint="GET /books/search", text="Takes q"),
        DeclaredBreak(version="1.4.0", endpoint="", text="No more stock"),
        DeclaredBreak(version="1.3.0", endpoint="", text="Gone"),
    )


def test_interfaces_are_compared_where_both_versions_have_a_document() -> None:
    answer = {"responses": {"200": {"description": "OK"}}}
    release = created_alone(inventory="1.4.0")
    give("1.2.3", {"/a": {"get": answer}})
    assert of_inventory(release).api is None
    give("1.4.0", {"/b": {"get": answer}})
    assert of_inventory(release).api == ApiChanges(breaks=("GET /a is gone",), additions=("GET /b",))


def test_a_service_that_goes_down_is_told_by_what_it_loses() -> None:
    register({"inventory": ["1.2.2"]})
    note("inventory", "1.2.3", "About 1.2.3")
    note("inventory", "1.2.2", "About 1.2.2")
    declare("1.2.3")
    new = new_release(kind="independent", inventory="1.2.2")
    request = replace(new.request, reason="The warehouse speaks no other")
    assert of_inventory(stored(replace(new, request=request, sight_unseen=True))) == ServiceDifference(
        service="inventory",
        before="1.2.3",
        after="1.2.2",
        went_down=True,
        notes=(VersionNote(version="1.2.3", text="About 1.2.3"),),
        breaks=(DeclaredBreak(version="1.2.3", endpoint="", text="Gone"),),
    )


def test_of_a_new_service_only_its_own_version_counts() -> None:
    release = changed(created_alone(inventory="1.4.0"), **{"from": None})
    for version in ("1.3.0", "1.4.0"):
        note("inventory", version, f"About {version}")
        declare(version)
    assert of_inventory(release) == ServiceDifference(
        service="inventory", before="", after="1.4.0", notes=(VersionNote(version="1.4.0", text="About 1.4.0"),)
    )


def test_of_a_service_that_leaves_nothing_is_told_but_that() -> None:
    release = changed(created_alone(inventory="1.4.0"), to=None)
    note("inventory", "1.2.3", "About 1.2.3")
    declare("1.2.3")
    assert of_inventory(release) == ServiceDifference(service="inventory", before="1.2.3", after="")


def test_a_rollback_is_told_by_what_it_takes_back() -> None:
    release = created_alone(inventory="1.4.0")
    bring(release)
    note("inventory", "1.3.0", "About 1.3.0")
    request = RollbackRequest(version=release.version, reason="Slow")
    back = Release.objects.get(version=roll_back(actor=person(), request=request))
    assert notes_of(back).markdown == (
        "# Changes since 2.2.0\n\n## inventory 1.4.0 → 1.2.3\n\n- No longer in it, 1.3.0: About 1.3.0"
    )


def test_the_words_that_it_was_created_with_come_first() -> None:
    release = stored(replace(new_release(kind="independent", inventory="1.4.0"), notes="*Gift cards*"))
    assert notes_of(release).markdown.startswith("*Gift cards*\n\n# Changes since 2.1.0\n")


@pytest.mark.parametrize("services", [1, 5])
def test_a_draft_costs_the_same_for_any_number_of_services(
    services: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    release = created_alone(inventory="1.4.0") if services == 1 else created()
    with django_assert_num_queries(3):
        assert len(draft_facts(release).differences) == services
