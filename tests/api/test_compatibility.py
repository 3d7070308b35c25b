from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User

from releases.models import CompatibilityRow, Constraint, Denial, JournalEntry, Service
from releases.queries.changes_of_objects import last_record
from tests.api.calling import Caller, caller_for

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

RULE = {
    "consumer": "checkout",
    "consumer_range": ">=1.5.3",
    "provider": "inventory",
    "provider_range": ">=9.0.0",
    "note": "It reserves stock.",
}
ROW = {"platform_version": "2.2.0", "service": "inventory", "approved": ["1.4.0"]}


@pytest.fixture
def admin(platform: None) -> Caller:
    User.objects.create_superuser("root")
    return caller_for("root")


def patch(caller: Caller, path: str, body: object) -> Response:
    headers = {"Authorization": f"Bearer {caller.token}"}
    return caller.client.patch(f"/api/v1{path}", body, content_type="application/json", headers=headers)


def stock_rule() -> Constraint:
    return Constraint.objects.get(provider_range=">=1.4.0")


def place(answer: Response) -> tuple[int, list[str]]:
    return answer.status_code, answer.json()["errors"][0]["loc"]


def test_a_rule_is_added_and_told_to_open_releases(admin: Caller, candidate: str) -> None:
    answer = admin.post("/compatibility/constraints", RULE)
    number = Constraint.objects.latest("pk").pk
    text = "No inventory satisfies both “checkout ^1.5.0 needs inventory ^1.2.0” and "
    text += "“checkout >=1.5.3 needs inventory >=9.0.0”, and both speak of some checkout."

    assert (answer.status_code, answer.json()) == (
        201,
        {**RULE, "id": number, "severity": "ERROR", "warnings": [text], "revision": last_record(Constraint)},
    )
    assert JournalEntry.objects.get(kind="verdict.changed").actor == "root"


def test_a_rule_is_changed_where_it_is_told_to(admin: Caller) -> None:
    rule = stock_rule()
    answer = patch(admin, f"/compatibility/constraints/{rule.pk}", {"provider_range": ">=1.3.0", "severity": "WARNING"})

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "id": rule.pk,
            "consumer": "recommendations",
            "consumer_range": ">=2.2.0",
            "provider": "inventory",
            "provider_range": ">=1.3.0",
            "severity": "WARNING",
            "note": "It reads the stock level with each book.",
            "warnings": [],
            "revision": last_record(Constraint),
        },
    )


def test_a_row_is_added_changed_and_listed(admin: Caller) -> None:
    added = admin.post("/compatibility/rows", {**ROW, "expires_on": "2026-12-31"}).json()
    changed = patch(admin, f"/compatibility/rows/{added['id']}", {"approved": ["1.4.0", "1.4.1"], "expires_on": None})
    row = {**ROW, "id": added["id"], "note": ""}
    expected = {**row, "approved": ["1.4.0", "1.4.1"], "expires_on": None, "revision": changed.json()["revision"]}

    assert added == {**row, "expires_on": "2026-12-31", "revision": added["revision"]}
    assert changed.json()["revision"] > added["revision"]
    assert changed.json() == expected
    assert admin.get("/compatibility/rows").json() == {"items": [expected], "next_cursor": None}


def test_who_edits_second_is_told_who_edited_first_and_changes_nothing(admin: Caller) -> None:
    path = f"/compatibility/constraints/{stock_rule().pk}"
    seen = next(
        rule for rule in admin.get("/compatibility/constraints").json()["items"] if path.endswith(f"/{rule['id']}")
    )
    first = patch(admin, path, {"provider_range": ">=1.3.0", "revision": seen["revision"]})
    second = patch(admin, path, {"note": "Both are right.", "revision": seen["revision"]})
    again = patch(admin, path, {"note": "Both are right.", "revision": first.json()["revision"]})

    assert (first.status_code, second.status_code, again.status_code) == (200, 409, 200)
    assert second.json()["detail"].startswith(f"root changed compatibility rule {seen['id']} meanwhile, last at ")
    assert (again.json()["provider_range"], again.json()["note"]) == (">=1.3.0", "Both are right.")


def test_a_change_of_another_rule_is_in_nobodys_way(admin: Caller) -> None:
    added = admin.post("/compatibility/rows", ROW).json()
    other = admin.post("/compatibility/rows", {**ROW, "service": "web", "approved": ["3.0.2"]}).json()
    patch(admin, f"/compatibility/rows/{other['id']}", {"note": "seen"})
    changed = patch(admin, f"/compatibility/rows/{added['id']}", {"note": "seen", "revision": added["revision"]})

    assert (changed.status_code, changed.json()["note"]) == (200, "seen")


@pytest.mark.parametrize("resource", ["rows", "constraints"])
def test_lists_come_in_pages(admin: Caller, resource: str) -> None:
    for slug in ("inventory", "web", "helm"):
        service = Service.objects.get(slug=slug)
        CompatibilityRow.objects.create(platform_version="2.2.0", service=service, approved=["1.0.0"])
    whole = admin.get(f"/compatibility/{resource}").json()["items"]
    found: list[Any] = []
    cursor: int | None = 0
    while cursor is not None:
        page = admin.get(f"/compatibility/{resource}", {"limit": 2, "cursor": cursor}).json()
        found += page["items"]
        cursor = page["next_cursor"]

    assert (found, len(whole)) == (whole, {"rows": 3, "constraints": 10}[resource])


def test_the_same_key_adds_one_row(admin: Caller) -> None:
    first, second = (admin.post("/compatibility/rows", ROW, Idempotency_Key="k") for _ in range(2))

    assert (first.json(), first.status_code) == (second.json(), second.status_code)
    assert CompatibilityRow.objects.count() == 1


def test_the_same_key_for_another_row_is_a_conflict(admin: Caller) -> None:
    admin.post("/compatibility/rows", ROW, Idempotency_Key="k")
    answer = admin.post("/compatibility/rows", {**ROW, "approved": ["1.5.0"]}, Idempotency_Key="k")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bookverse:problem:idempotency-key-reused")


def test_a_second_row_of_one_place_is_a_conflict_that_names_the_first(admin: Caller) -> None:
    number = admin.post("/compatibility/rows", ROW).json()["id"]
    answer = admin.post("/compatibility/rows", ROW)

    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        f"Platform 2.2.0 already has row {number} for inventory; edit that one.",
    )


@pytest.mark.parametrize(
    ("resource", "body", "loc"),
    [
        ("constraints", {**RULE, "provider_range": "banana"}, ["body", "provider_range"]),
        ("constraints", {**RULE, "consumer_range": ""}, ["body", "consumer_range"]),
        ("constraints", {**RULE, "provider": "stock"}, ["body", "provider"]),
        ("constraints", {**RULE, "severity": "error"}, ["body", "severity"]),
        ("constraints", {**RULE, "weight": 1}, ["body", "weight"]),
        ("rows", {**ROW, "approved": ["1.4"]}, ["body", "approved"]),
        ("rows", {**ROW, "approved": []}, ["body", "approved"]),
        ("rows", {**ROW, "expires_on": "soon"}, ["body", "expires_on"]),
        ("rows", {"service": "inventory"}, ["body", "platform_version"]),
        ("impact", {}, ["body", "constraint"]),
        ("impact", {"constraint": {**RULE, "provider_range": "banana"}}, ["body", "constraint", "provider_range"]),
        ("impact", {"row": {"service": "inventory"}}, ["body", "row", "platform_version"]),
        ("impact", {"delete": "inventory"}, ["body", "delete"]),
    ],
)
def test_what_is_malformed_is_named(admin: Caller, resource: str, body: object, loc: list[str]) -> None:
    assert place(admin.post(f"/compatibility/{resource}", body)) == (422, loc)


def test_an_empty_range_is_refused_in_a_change_too(admin: Caller) -> None:
    answer = patch(admin, f"/compatibility/constraints/{stock_rule().pk}", {"provider_range": ""})

    assert place(answer) == (422, ["body", "provider_range"])


@pytest.mark.parametrize("resource", ["rows", "constraints"])
def test_what_is_not_there_cannot_be_changed(admin: Caller, resource: str) -> None:
    assert patch(admin, f"/compatibility/{resource}/424242", {"note": "x"}).status_code == 404


@pytest.mark.parametrize("username", ["manager", "viewer"])
def test_only_admins_edit(admin: Caller, username: str) -> None:
    caller, rule = caller_for(username), stock_rule()
    answers = [
        caller.post("/compatibility/rows", ROW),
        caller.post("/compatibility/constraints", RULE),
        patch(caller, f"/compatibility/constraints/{rule.pk}", {"provider_range": "*"}),
    ]

    assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {
        (403, "To edit the rules you need the role admin.")
    }
    assert stock_rule() == rule


def test_a_token_that_may_only_promote_edits_nothing(admin: Caller) -> None:
    assert caller_for("root", "promote").post("/compatibility/rows", ROW).status_code == 403


def test_everybody_signed_in_may_ask_what_an_edit_would_do(viewer: Caller, candidate: str) -> None:
    answer = viewer.post("/compatibility/impact", {"constraint": RULE}).json()
    (effect,) = answer["effects"]

    assert (answer["summary"], effect["kind"], effect["name"], effect["before"], effect["after"]) == (
        "blocks 1 open release",
        "release",
        candidate,
        "COMPATIBLE",
        "INCOMPATIBLE",
    )
    assert [(reason["code"], reason["evidence"], reason["fix"]) for reason in effect["reasons"]] == [
        ("range-broken", "constraint:-1", "Keep checkout at 1.5.2.")
    ]


def test_asking_stores_nothing(viewer: Caller, candidate: str) -> None:
    before = Constraint.objects.count()
    viewer.post("/compatibility/impact", {"constraint": RULE, "denial": denial(), "row": ROW})

    assert (Constraint.objects.count(), Denial.objects.count(), CompatibilityRow.objects.count()) == (before, 0, 0)


def denial() -> dict[str, str]:
    return {
        "service": "web",
        "service_range": "^3.0.0",
        "other": "bookverse-checkout",
        "other_range": "*",
        "reason": "Deadlock",
    }


def test_the_impact_of_a_denial_reaches_what_runs(viewer: Caller) -> None:
    answer = viewer.post("/compatibility/impact", {"denial": denial()})

    assert answer.json()["summary"] == "un-verifies the current sets of DEV and PROD"


def test_the_impact_of_a_change_keeps_what_is_left_out(viewer: Caller, candidate: str) -> None:
    rule = stock_rule()
    answer = viewer.post("/compatibility/impact", {"constraint": {"id": rule.pk, "provider_range": ">=9.0.0"}}).json()

    assert (answer["summary"], answer["effects"][0]["reasons"][0]["evidence"]) == (
        "blocks 1 open release",
        f"constraint:{rule.pk}",
    )


def test_the_impact_of_a_deletion(viewer: Caller, candidate: str) -> None:
    rule = Constraint.objects.get(consumer__slug="checkout", provider__slug="inventory")
    answer = viewer.post("/compatibility/impact", {"delete": f"constraint:{rule.pk}"}).json()

    assert answer["summary"] == "un-verifies 1 open release, un-verifies the current sets of DEV and PROD"


@pytest.mark.parametrize("body", [{"delete": "row:424242"}, {"constraint": {"id": 424242}}])
def test_the_impact_on_what_is_not_there(viewer: Caller, body: object) -> None:
    assert viewer.post("/compatibility/impact", body).status_code == 404


def test_an_edit_without_effect_says_so(viewer: Caller, candidate: str) -> None:
    answer = viewer.post("/compatibility/impact", {"row": ROW}).json()

    assert (answer["summary"], answer["effects"]) == ("changes nothing that is open or live", [])
