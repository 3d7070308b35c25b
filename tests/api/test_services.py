from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from releases.models import Collection, ServiceVersion, VersionContent
from tests.factories import register

if TYPE_CHECKING:
    from tests.api.calling import Caller

READ_AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_services_are_listed_by_name_with_what_they_run_and_need(viewer: Caller) -> None:
    page = viewer.get("/services").json()
    assert [item["slug"] for item in page["items"]] == ["checkout", "helm", "inventory", "recommendations", "web"]
    assert page["next_cursor"] is None
    assert page["items"][0] == {
        "slug": "checkout",
        "name": "Checkout",
        "description": "",
        "application_key": "bookverse-checkout",
        "required": True,
        "aliases": ["bookverse-checkout"],
        "depends_on": ["inventory"],
        "live": {"DEV": "1.5.2", "PROD": "1.5.2"},
    }


def test_services_come_in_pages(viewer: Caller) -> None:
    first = viewer.get("/services", {"limit": 3}).json()
    rest = viewer.get("/services", {"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [item["slug"] for item in first["items"]] == ["checkout", "helm", "inventory"]
    assert [item["slug"] for item in rest["items"]] == ["recommendations", "web"]
    assert rest["next_cursor"] is None


def test_versions_are_sorted_newest_first_with_why_they_may_not_be_taken(viewer: Caller) -> None:
    items = viewer.get("/services/inventory/versions").json()["items"]
    assert [(item["version"], item["why_not"]) for item in items] == [
        ("1.5.0", "It is in quarantine."),
        ("1.4.0", ""),
        ("1.3.0", ""),
        ("1.2.3", ""),
    ]


def test_a_version_says_how_far_it_has_come(viewer: Caller) -> None:
    items = viewer.get("/services/inventory/versions", {"limit": 1}).json()["items"]
    assert items == [
        {
            "version": "1.5.0",
            "tag": "quarantine",
            "release_status": "RELEASED",
            "stage": "PROD",
            "eligible": False,
            "why_not": "It is in quarantine.",
            "notes": "",
            "irreversible": "",
            "registered_at": "2026-01-02T03:04:05Z",
            "content_read_at": None,
            "content": None,
        }
    ]


def test_only_eligible_versions_can_be_asked_for(viewer: Caller) -> None:
    items = viewer.get("/services/inventory/versions", {"eligible": "true"}).json()["items"]
    assert [item["version"] for item in items] == ["1.4.0", "1.3.0", "1.2.3"]


def test_versions_of_one_stage_can_be_asked_for(viewer: Caller) -> None:
    items = viewer.get("/services/web/versions", {"stage": "dev"}).json()["items"]
    assert [item["version"] for item in items] == ["3.1.0"]


def test_a_string_that_is_no_version_comes_last(viewer: Caller) -> None:
    items = viewer.get("/services/checkout/versions").json()["items"]
    assert [item["version"] for item in items] == ["1.5.3", "1.5.2", "2024.05.0"]


def test_versions_of_an_unknown_service_are_not_found(viewer: Caller) -> None:
    answer = viewer.get("/services/nowhere/versions")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no service nowhere.")


def test_a_build_can_be_announced(manager: Caller) -> None:
    answer = manager.post("/services/inventory/versions", {"version": "1.6.0", "notes": "Faster."})
    assert answer.status_code == 201
    assert answer.json().keys() == {"service", "version", "notes", "irreversible", "registered_at"}
    assert ServiceVersion.objects.get(service__slug="inventory", version="1.6.0").notes == "Faster."


def test_an_announced_build_is_not_eligible_before_the_registry_completed_it(manager: Caller) -> None:
    manager.post("/services/inventory/versions", {"version": "1.6.0"})
    newest = manager.get("/services/inventory/versions", {"limit": 1}).json()["items"][0]
    assert (newest["version"], newest["eligible"]) == ("1.6.0", False)


def test_announcing_a_build_twice_is_a_conflict(manager: Caller) -> None:
    answer = manager.post("/services/inventory/versions", {"version": "1.4.0"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "inventory 1.4.0 is already registered.")


def test_announcing_what_is_no_version_names_the_field(manager: Caller) -> None:
    answer = manager.post("/services/inventory/versions", {"version": "2024.05.0"})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "version"])


def test_announcing_a_build_of_an_unknown_service_is_not_found(manager: Caller) -> None:
    assert manager.post("/services/nowhere/versions", {"version": "1.0.0"}).status_code == 404


def test_a_collection_can_be_asked_for(manager: Caller) -> None:
    answer = manager.post("/catalog/sync")
    assert (answer.status_code, answer.json()["requested_by"]) == (202, "manager")


def test_asking_for_a_collection_twice_joins_the_first(manager: Caller) -> None:
    first, second = manager.post("/catalog/sync").json(), manager.post("/catalog/sync").json()
    assert (first, Collection.objects.count()) == (second, 1)


def test_change_notes_that_arrive_late_are_in_the_list_and_leave_the_rest_as_it_is(manager: Caller) -> None:
    manager.patch("/services/web/versions/3.0.2", {"irreversible": "drops a table"})
    changed = manager.patch("/services/web/versions/3.0.2", {"notes": "Vouchers."})
    listed = manager.get("/services/web/versions").json()["items"]

    assert (changed.status_code, changed.json()["notes"], changed.json()["irreversible"]) == (
        200,
        "Vouchers.",
        "drops a table",
    )
    assert {item["version"]: item["notes"] for item in listed if item["notes"]} == {"3.0.2": "Vouchers."}


def test_a_change_that_says_nothing_is_refused(manager: Caller) -> None:
    answer = manager.patch("/services/web/versions/3.0.2", {})
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"loc": ["body", "notes"], "msg": "Send notes, irreversible or both."}],
    )


def test_a_version_tells_when_it_was_read_and_what_is_in_it_when_asked(viewer: Caller) -> None:
    row = ServiceVersion.objects.get(service__slug="web", version="3.0.2")
    VersionContent.objects.create(
        service_version=row,
        sources=[{"type": "build", "name": "web"}],
        releasables=[],
        read_at=READ_AT,
        next_try_at=READ_AT,
    )
    asked, not_asked = (
        {item["version"]: item for item in viewer.get("/services/web/versions", query).json()["items"]}
        for query in ({"contents": "true"}, {})
    )
    assert (asked["3.0.2"]["content"], asked["3.0.1"]["content"]) == (
        {"sources": [{"type": "build", "name": "web"}], "releasables": []},
        None,
    )
    assert (not_asked["3.0.2"]["content"], not_asked["3.0.2"]["content_read_at"]) == (None, "2026-11-28T12:00:00Z")
    assert not_asked["3.0.1"]["content_read_at"] is None


def test_a_page_of_contents_is_short(viewer: Caller) -> None:
    register({"web": [f"3.0.{patch}" for patch in range(100, 130)]})
    answer = viewer.get("/services/web/versions", {"contents": "true"}).json()
    assert (len(answer["items"]), answer["next_cursor"]) == (20, 20)


def test_a_pipeline_says_what_going_back_does_not_undo(manager: Caller) -> None:
    body = {"version": "3.2.0", "irreversible": "drops the table of old orders"}
    announced = manager.post("/services/web/versions", body)
    changed = manager.patch("/services/web/versions/3.0.2", {"irreversible": "drops a table"})
    listed = manager.get("/services/web/versions").json()["items"]

    assert (announced.status_code, announced.json()["irreversible"]) == (201, "drops the table of old orders")
    assert (changed.status_code, changed.json()["version"], changed.json()["irreversible"]) == (
        200,
        "3.0.2",
        "drops a table",
    )
    assert {item["version"]: item["irreversible"] for item in listed if item["irreversible"]} == {
        "3.2.0": "drops the table of old orders",
        "3.0.2": "drops a table",
    }


def test_who_may_not_register_versions_may_not_say_so_either(viewer: Caller, nobody: Caller) -> None:
    said = {"irreversible": "drops a table"}
    answers = [caller.patch("/services/web/versions/3.0.2", said).status_code for caller in (viewer, nobody)]

    assert answers == [403, 401]


def test_of_an_unknown_version_nothing_can_be_said(manager: Caller) -> None:
    answer = manager.patch("/services/web/versions/9.9.9", {"irreversible": "drops a table"})

    assert (answer.status_code, answer.json()["detail"]) == (404, "web has no registered version 9.9.9.")
