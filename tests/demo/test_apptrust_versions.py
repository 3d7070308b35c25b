from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bookverse.demo.addresses import DEMO_TOKEN
from tests.demo.apptrust_calls import API, INVENTORY, SOURCES, content, create, listed, set_up, standing
from tests.demo.running import running_demo

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

SEEDED = ["1.5.0", "1.4.0", "1.3.0", "1.2.3", "1.2.2", "1.2.1", "1.2.0"]


@pytest.mark.parametrize("authorization", [b"", b"Bearer wrong", b"Basic demo-token", b"Bearer demo-tokenx", b"\xff"])
def test_a_call_without_the_token_is_refused_in_the_envelope(
    shared_apptrust: httpx2.Client, authorization: bytes
) -> None:
    answer = shared_apptrust.get(INVENTORY, headers={b"Authorization": authorization})
    assert (answer.status_code, answer.json()) == (401, {"errors": [{"status": 401, "message": "Bad credentials."}]})


def test_ping_needs_no_token(shared_apptrust: httpx2.Client) -> None:
    answer = shared_apptrust.get(f"{API}/system/ping", headers={"Authorization": ""})
    assert (answer.status_code, answer.text) == (200, "OK")


def test_health_needs_no_token(shared_apptrust: httpx2.Client) -> None:
    answer = shared_apptrust.get("/health", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()) == (200, {"status": "healthy", "service": "apptrust"})


def test_the_five_applications_and_the_platform_are_registered(shared_apptrust: httpx2.Client) -> None:
    body = shared_apptrust.get(f"{API}/applications?project_key=bookverse").json()
    assert [(each["application_key"], each["application_version_latest"]) for each in body["applications"]] == [
        ("bookverse-inventory", "1.5.0"),
        ("bookverse-recommendations", "2.3.0-rc.1"),
        ("bookverse-checkout", "1.5.4"),
        ("bookverse-web", "3.1.0"),
        ("bookverse-helm", "1.1.1"),
        ("bookverse-platform", ""),
    ]
    assert (body["total"], body["offset"], body["limit"]) == (6, 0, 25)


def test_an_application_is_created_once(apptrust: httpx2.Client) -> None:
    body = {"application_key": "bookverse-new", "application_name": "New", "project_key": "bookverse"}
    answers = [apptrust.post(f"{API}/applications", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert apptrust.get(f"{API}/applications/bookverse-new").json()["application_name"] == "New"


def test_an_unknown_application_is_not_found(shared_apptrust: httpx2.Client) -> None:
    paths = ("bookverse-none", "bookverse-none/versions", "bookverse-inventory/versions/9.9.9/content")
    assert [shared_apptrust.get(f"{API}/applications/{path}").status_code for path in paths] == [404, 404, 404]


def test_versions_come_newest_first(shared_apptrust: httpx2.Client) -> None:
    assert listed(shared_apptrust) == SEEDED


def test_a_closing_slash_makes_no_difference(shared_apptrust: httpx2.Client) -> None:
    assert shared_apptrust.get(f"{INVENTORY}/").json() == shared_apptrust.get(INVENTORY).json()


def test_a_listed_version_has_the_documented_fields(shared_apptrust: httpx2.Client) -> None:
    quarantined = shared_apptrust.get(f"{INVENTORY}?limit=1").json()["versions"][0]
    assert {**quarantined, "created": ""} == {
        "version": "1.5.0",
        "tag": "quarantine",
        "status": "COMPLETED",
        "release_status": "RELEASED",
        "current_stage": "PROD",
        "created_by": "bookverse-ci",
        "created": "",
    }
    age = datetime.now(UTC) - datetime.fromisoformat(quarantined["created"])
    assert timedelta(days=2, hours=23) < age < timedelta(days=3, hours=1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=2&offset=1", ["1.4.0", "1.3.0"]),
        ("order_asc=true&limit=2", ["1.2.0", "1.2.1"]),
        ("tag=quarantine", ["1.5.0"]),
        ("tag=quar*,latest", ["1.5.0", "1.4.0"]),
        ("application_version=1.2.*", ["1.2.3", "1.2.2", "1.2.1", "1.2.0"]),
        ("application_version=1.2.0,1.4.0", ["1.4.0", "1.2.0"]),
        ("release_status=released", SEEDED),
        ("release_status=PRE_RELEASE", []),
        ("created_by=nobody", []),
        ("order_by=release_bundle_semver&limit=1", SEEDED),
    ],
)
def test_the_list_is_filtered_ordered_and_cut(shared_apptrust: httpx2.Client, query: str, expected: list[str]) -> None:
    assert listed(shared_apptrust, query) == expected


def test_semver_order_puts_what_is_no_version_last(shared_apptrust: httpx2.Client) -> None:
    path = f"{API}/applications/bookverse-checkout/versions?order_by=release_bundle_semver"
    versions = [entry["version"] for entry in shared_apptrust.get(path).json()["versions"]]
    assert versions == ["1.5.4", "1.5.3", "1.5.2", "1.5.1", "1.5.0", "2024.05.0"]


@pytest.mark.parametrize("query", ["limit=0", "limit=many", "offset=-1", "order_by=colour", "order_asc=perhaps"])
def test_a_bad_query_is_a_bad_request(shared_apptrust: httpx2.Client, query: str) -> None:
    assert shared_apptrust.get(f"{INVENTORY}?{query}").status_code == 400


def test_the_seeds_hold_one_failed_one_unreleased_and_one_prerelease(shared_apptrust: httpx2.Client) -> None:
    seen = {}
    for service in ("checkout", "web", "recommendations"):
        entry = shared_apptrust.get(f"{API}/applications/bookverse-{service}/versions?limit=1").json()["versions"][0]
        seen[service] = (entry["version"], entry["status"], entry["release_status"], entry["current_stage"])
    assert seen == {
        "checkout": ("1.5.4", "FAILED", "PRE_RELEASE", ""),
        "web": ("3.1.0", "COMPLETED", "PRE_RELEASE", ""),
        "recommendations": ("2.3.0-rc.1", "COMPLETED", "RELEASED", "PROD"),
    }


def test_a_created_version_is_complete_and_unreleased(apptrust: httpx2.Client) -> None:
    answer = create(apptrust, "1.6.0", tag="nightly")
    assert answer.status_code == 201
    assert {**answer.json(), "created": ""} == {
        "application_key": "bookverse-inventory",
        "version": "1.6.0",
        "created_by": "release-board",
        "created": "",
        "tag": "nightly",
        "status": "COMPLETED",
    }
    assert standing(apptrust, "1.6.0") == ("COMPLETED", "PRE_RELEASE", "")
    assert listed(apptrust)[0] == "1.6.0"


def test_creation_is_asynchronous_by_default(apptrust: httpx2.Client) -> None:
    set_up(apptrust, work_ms=3_600_000)
    answer = apptrust.post(INVENTORY, json={"version": "1.6.0", "sources": SOURCES})
    assert (answer.status_code, answer.json()["status"]) == (202, "IN_PROGRESS")
    assert standing(apptrust, "1.6.0") == ("IN_PROGRESS", "PRE_RELEASE", "")


def test_an_asynchronous_creation_completes_when_its_time_has_come(apptrust: httpx2.Client) -> None:
    set_up(apptrust, work_ms=0)
    apptrust.post(INVENTORY, json={"version": "1.6.0", "sources": SOURCES})
    assert standing(apptrust, "1.6.0") == ("COMPLETED", "PRE_RELEASE", "")


def test_a_creation_can_be_made_to_fail(apptrust: httpx2.Client) -> None:
    set_up(apptrust, creation="fail")
    create(apptrust, "1.6.0")
    assert standing(apptrust, "1.6.0") == ("FAILED", "PRE_RELEASE", "")


def test_the_same_version_again_is_a_conflict(shared_apptrust: httpx2.Client) -> None:
    assert create(shared_apptrust, "1.4.0").status_code == 409


@pytest.mark.parametrize(
    "change",
    [
        {"version": ""},
        {"version": "a/b"},
        {"tag": "-x"},
        {"tag": "release/1"},
        {"sources": {}},
        {"sources": None},
        {"sources": {"packages": []}},
        {"sources": {"packages": [{}]}},
        {"sources": {"packages": "all"}},
    ],
)
def test_a_malformed_version_is_a_bad_request(shared_apptrust: httpx2.Client, change: dict[str, Any]) -> None:
    assert create(shared_apptrust, **{"version": "1.6.0", **change}).status_code == 400


def test_the_content_has_lists_only_where_they_are_asked_for(shared_apptrust: httpx2.Client) -> None:
    plain = content(shared_apptrust, "1.4.0")
    listing = shared_apptrust.get(f"{INVENTORY}/1.4.0/content?include=sources,releasables_expanded").json()
    assert sorted(set(listing) - set(plain)) == ["releasables", "sources"]
    [source] = listing["sources"]
    assert (source["type"], source["package_type"], source["version"]) == ("direct", "docker", "1.4.0")
    assert [source["name"] for source in listing["sources"]] == ["bookverse-inventory"]
    assert [len(releasable["artifacts"]) for releasable in listing["releasables"]] == [1]
    assert (plain["releasables_count"], plain["tag"], plain["project_key"]) == (1, "latest", "bookverse")


def test_an_unknown_part_of_the_content_is_a_bad_request(shared_apptrust: httpx2.Client) -> None:
    assert shared_apptrust.get(f"{INVENTORY}/1.4.0/content?include=colours").status_code == 400


def test_a_tag_is_set_kept_and_removed(apptrust: httpx2.Client) -> None:
    changes: list[dict[str, Any]] = [{"tag": "quarantine"}, {"properties": {}}, {"tag": ""}]
    tags = [apptrust.patch(f"{INVENTORY}/1.3.0", json=change).json()["tag"] for change in changes]
    assert tags == ["quarantine", "quarantine", ""]


def test_properties_are_replaced_by_key_and_deleted_by_name(apptrust: httpx2.Client) -> None:
    apptrust.patch(f"{INVENTORY}/1.3.0", json={"properties": {"a": ["1"], "b": ["2"], "c": ["3"]}})
    change = {"properties": {"a": [], "d": ["4"]}, "delete_properties": ["b"]}
    answer = apptrust.patch(f"{INVENTORY}/1.3.0", json=change)
    assert answer.json()["properties"] == {"a": [], "c": ["3"], "d": ["4"]}


@pytest.mark.parametrize("change", [{"tag": 7}, {"properties": []}, {"properties": {"a": 1}}, {"delete_properties": 1}])
def test_a_malformed_change_is_a_bad_request(shared_apptrust: httpx2.Client, change: dict[str, object]) -> None:
    assert shared_apptrust.patch(f"{INVENTORY}/1.3.0", json=change).status_code == 400


def test_a_version_with_an_encoded_plus_is_found(apptrust: httpx2.Client) -> None:
    create(apptrust, "1.6.0+build.7")
    assert content(apptrust, "1.6.0%2Bbuild.7")["version"] == "1.6.0+build.7"


def test_the_lower_dialect_spells_states_small_and_leaves_empty_stages_out(apptrust: httpx2.Client) -> None:
    set_up(apptrust, dialect="lower")
    create(apptrust, "1.6.0")
    newest, quarantined = apptrust.get(f"{INVENTORY}?limit=2").json()["versions"]
    assert (newest["release_status"], "current_stage" in newest) == ("pre_release", False)
    assert (quarantined["release_status"], quarantined["current_stage"]) == ("released", "PROD")


def test_the_page_lists_versions_and_quarantines_one(apptrust: httpx2.Client) -> None:
    page = apptrust.get("/").text
    assert re.findall(r"<h2>([^<]+)</h2>", page)[0] == "BookVerse Inventory (bookverse-inventory)"
    form = {"application_key": "bookverse-inventory", "version": "1.4.0", "tag": "quarantine"}
    answer = apptrust.post("/tag", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert content(apptrust, "1.4.0")["tag"] == "quarantine"


def test_a_bad_form_shows_the_page_with_what_is_wrong(shared_apptrust: httpx2.Client) -> None:
    answer = shared_apptrust.post("/settings", data={"gate": "open"})
    assert answer.status_code == 422
    assert '<p role="alert">gate must be one of pass, warn, fail.</p>' in answer.text


def test_what_was_created_survives_a_restart_and_is_not_seeded_over(tmp_path: Path) -> None:
    with running_demo(tmp_path, "apptrust") as demo, demo.client("apptrust") as client:
        client.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
        create(client, "1.6.0")
    with running_demo(tmp_path, "apptrust") as demo, demo.client("apptrust") as client:
        client.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
        assert listed(client) == ["1.6.0", *SEEDED]


def test_a_seeding_that_was_interrupted_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "apptrust.draft").write_bytes(b"half a file")
    (tmp_path / "apptrust.draft-wal").write_bytes(b"the rest")
    with running_demo(tmp_path, "apptrust") as demo, demo.client("apptrust") as client:
        client.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
        assert listed(client) == SEEDED
