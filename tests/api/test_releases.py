from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from releases.models import Release, Service, ServiceVersion
from tests.api.calling import CANDIDATE, create_candidate, finish_promotion, promote
from tests.api.platform import NEWEST, RELEASED

if TYPE_CHECKING:
    from tests.api.calling import Caller


def test_a_release_is_created_from_the_plan_that_was_seen(manager: Caller) -> None:
    digest = manager.post("/plans/preview", {}).json()["digest"]
    answer = manager.post("/releases", {"accept_digest": digest, "title": "Autumn"})
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "version": CANDIDATE,
            "state": "planned",
            "url": f"http://testserver/api/v1/releases/{CANDIDATE}",
            "board_url": f"http://testserver/releases/{CANDIDATE}",
        },
    )


def test_a_release_is_refused_when_the_plan_changed_since(manager: Caller) -> None:
    digest = manager.post("/plans/preview", {}).json()["digest"]
    ServiceVersion.objects.create(service=Service.objects.get(slug="web"), version="3.0.3", **RELEASED)
    answer = manager.post("/releases", {"accept_digest": digest})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bookverse:problem:plan-changed")
    assert Release.objects.count() == 0


def test_a_release_is_refused_for_a_digest_of_another_plan(manager: Caller) -> None:
    answer = manager.post("/releases", {"accept_digest": "0" * 64})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bookverse:problem:plan-changed")


def test_an_incompatible_release_is_refused_with_the_reasons(manager: Caller) -> None:
    versions = {"inventory": "1.3.0", "recommendations": "2.2.0"}
    digest = manager.post("/plans/preview", {"versions": versions}).json()["digest"]
    answer = manager.post("/releases", {"versions": versions, "accept_digest": digest})
    worst = answer.json()["reasons"][0]
    assert (answer.status_code, worst["code"], worst["severity"]) == (409, "range-broken", "ERROR")


def test_a_plan_with_a_problem_is_refused_in_the_shape_of_a_reason(manager: Caller) -> None:
    versions = {"inventory": "7.7.7"}
    digest = manager.post("/plans/preview", {"versions": versions}).json()["digest"]
    answer = manager.post("/releases", {"versions": versions, "accept_digest": digest})
    (reason,) = answer.json()["reasons"]
    assert (answer.status_code, reason["code"], reason["severity"], reason["field"]) == (
        409,
        "unregistered-override",
        "ERROR",
        "versions.inventory",
    )


def test_a_release_can_be_read_by_any_of_its_labels(manager: Caller, candidate: str) -> None:
    promote(manager)
    finish_promotion()
    promote(manager, "PROD")
    by_first, by_last = manager.get(f"/releases/{candidate}").json(), manager.get("/releases/2.2.0").json()
    assert (by_first, by_first["version"]) == (by_last, "2.2.0")


def test_a_release_tells_what_may_be_done_next(manager: Caller, candidate: str) -> None:
    release = manager.get(f"/releases/{candidate}").json()
    assert (release["state"], release["promote_stage"], release["promote"]["allowed"]) == ("planned", "DEV", True)
    assert release["versions"] == NEWEST
    assert release["verdict"]["overall"] == "COMPATIBLE"


def test_a_release_tells_how_each_step_stands(manager: Caller, candidate: str) -> None:
    started = promote(manager)
    step = manager.get(f"/releases/{candidate}").json()["steps"][0]
    assert (step["service"], step["state"], step["correlation_id"]) == (
        "inventory",
        "pending",
        started["correlation_id"],
    )


def test_an_unknown_release_is_not_found(viewer: Caller) -> None:
    assert viewer.get("/releases/9.9.9").status_code == 404


def test_releases_are_listed_newest_first_in_pages(manager: Caller) -> None:
    versions = [create_candidate(manager) for _ in range(3)]
    first = manager.get("/releases", {"limit": 2}).json()
    rest = manager.get("/releases", {"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["version"] for item in first["items"] + rest["items"]] == versions[::-1]
    assert rest["next_cursor"] is None


def test_releases_can_be_listed_by_state(manager: Caller, candidate: str) -> None:
    manager.post(f"/releases/{candidate}/cancel")
    create_candidate(manager)
    items = manager.get("/releases", {"state": "cancelled"}).json()["items"]
    assert [item["version"] for item in items] == [candidate]


def test_the_manifest_is_json_unless_asked_otherwise(viewer: Caller, candidate: str) -> None:
    answer = viewer.get(f"/releases/{candidate}/manifest")
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["services"] == NEWEST


def test_the_manifest_is_yaml_when_that_is_accepted(viewer: Caller, candidate: str) -> None:
    answer = viewer.get(f"/releases/{candidate}/manifest", Accept="application/yaml")
    assert answer["Content-Type"] == "application/yaml"
    assert yaml.safe_load(answer.content) == viewer.get(f"/releases/{candidate}/manifest").json()


def test_the_manifest_is_recognised_by_its_digest(viewer: Caller, candidate: str) -> None:
    answer = viewer.get(f"/releases/{candidate}/manifest")
    stored = Release.objects.get().stored_manifest
    assert answer["ETag"] == f'"{stored.sha256}"'
    assert [each["application_key"] for each in answer.json()["applications"]] == [
        f"bookverse-{service}" for service in sorted(NEWEST)
    ]


def test_the_manifest_of_a_label_never_changes(manager: Caller, candidate: str) -> None:
    before = manager.get(f"/releases/{candidate}/manifest").json()
    promote(manager)
    finish_promotion()
    promote(manager, "PROD")
    assert manager.get(f"/releases/{candidate}/manifest").json() == before


@pytest.mark.parametrize("version", ["2.1.0", "9.9.9"])
def test_there_is_no_manifest_of_what_was_never_a_release(viewer: Caller, version: str) -> None:
    assert viewer.get(f"/releases/{version}/manifest").status_code == 404


def test_the_journal_is_numbered_without_gaps_across_pages(manager: Caller, candidate: str) -> None:
    promote(manager)
    finish_promotion()
    numbers: list[int] = []
    cursor: int | None = 0
    while cursor is not None:
        page = manager.get(f"/releases/{candidate}/journal", {"after": cursor, "limit": 7}).json()
        numbers += [entry["sequence"] for entry in page["items"]]
        cursor = page["next_cursor"]
    assert numbers == list(range(1, Release.objects.get().sequence + 1))


def test_a_journal_entry_tells_who_did_what_and_when(manager: Caller, candidate: str) -> None:
    (entry,) = manager.get(f"/releases/{candidate}/journal").json()["items"]
    assert entry.keys() == {"sequence", "at", "kind", "actor", "service", "payload"}
    assert (entry["sequence"], entry["kind"], entry["actor"]) == (1, "release.created", "manager")


def test_the_journal_of_an_unknown_release_is_not_found(viewer: Caller) -> None:
    assert viewer.get("/releases/9.9.9/journal").status_code == 404
