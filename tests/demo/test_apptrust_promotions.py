from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.demo.apptrust_calls import API, INVENTORY, create, promote, set_up, standing

if TYPE_CHECKING:
    import httpx2


@pytest.fixture
def created(apptrust: httpx2.Client) -> httpx2.Client:
    """AppTrust with the new inventory 1.6.0."""
    create(apptrust, "1.6.0").raise_for_status()
    return apptrust


def history(client: httpx2.Client) -> list[tuple[str, str, str]]:
    promotions = client.get(f"{INVENTORY}/1.6.0/promotions").json()["promotions"]
    return [(each["source_stage"], each["target_stage"], each["status"]) for each in promotions]


def test_a_promotion_moves_the_version_and_is_recorded(created: httpx2.Client) -> None:
    assert [promote(created, "1.6.0", stage).status_code for stage in ("DEV", "QA")] == [200, 200]
    assert standing(created, "1.6.0") == ("COMPLETED", "PRE_RELEASE", "QA")
    assert history(created) == [("DEV", "QA", "COMPLETED"), ("", "DEV", "COMPLETED")]


def test_a_promotion_answers_with_the_documented_body(created: httpx2.Client) -> None:
    body = promote(created, "1.6.0", "DEV", included_repository_keys=["docker"]).json()
    assert {**body, "created": ""} == {
        "application_key": "bookverse-inventory",
        "version": "1.6.0",
        "project_key": "bookverse",
        "source_stage": "",
        "target_stage": "DEV",
        "promotion_type": "copy",
        "status": "success",
        "message": "copy promotion from '' to 'DEV' was successful.",
        "included_repository_keys": ["docker"],
        "created": "",
        "evaluations": {
            "exit_gate": {
                "stage": "",
                "eval_id": None,
                "decision": "pass",
                "explanation": "No policies to evaluate.",
            },
            "entry_gate": {
                "stage": "DEV",
                "eval_id": None,
                "decision": "pass",
                "explanation": "No policies to evaluate.",
            },
        },
    }


def test_stages_may_carry_the_prefix_of_the_project(created: httpx2.Client) -> None:
    assert promote(created, "1.6.0", "bookverse-DEV").status_code == 200
    assert standing(created, "1.6.0")[2] == "bookverse-DEV"
    assert created.post(f"{INVENTORY}/1.6.0/rollback", json={"from_stage": "DEV"}).status_code == 200


@pytest.mark.parametrize(
    ("stage", "options", "status"),
    [
        ("PROD", {}, 400),
        ("bookverse-PROD", {}, 400),
        ("LIMBO", {}, 404),
        ("", {}, 400),
        ("DEV", {"promotion_type": "teleport"}, 400),
    ],
)
def test_an_impossible_promotion_is_refused(
    created: httpx2.Client, stage: str, options: dict[str, object], status: int
) -> None:
    answer = promote(created, "1.6.0", stage, **options)
    assert (answer.status_code, answer.json()["errors"][0]["status"]) == (status, status)
    assert history(created) == []


def test_a_dry_run_changes_nothing(created: httpx2.Client) -> None:
    answer = promote(created, "1.6.0", "DEV", promotion_type="dry_run")
    assert (answer.status_code, answer.json()["message"]) == (200, "No changes were made.")
    assert history(created) == []


def test_the_sequence_of_stages_is_not_enforced(created: httpx2.Client) -> None:
    assert created.post(f"{INVENTORY}/1.6.0/release").status_code == 200
    assert standing(created, "1.6.0") == ("COMPLETED", "RELEASED", "PROD")


def test_a_release_answers_with_its_own_gate_and_no_target(created: httpx2.Client) -> None:
    body = created.post(f"{INVENTORY}/1.6.0/release", json={"promotion_type": "move"}).json()
    assert ("target_stage" in body, sorted(body["evaluations"])) == (False, ["exit_gate", "release_gate"])


def test_a_release_whose_gate_evaluated_policies_is_trusted(created: httpx2.Client) -> None:
    set_up(created, policies="sbom, tests")
    created.post(f"{INVENTORY}/1.6.0/release")
    assert standing(created, "1.6.0") == ("COMPLETED", "TRUSTED_RELEASE", "PROD")
    assert created.get(f"{INVENTORY}/1.6.0/status").json() == {"version_release_status": "TRUSTED_RELEASE"}


@pytest.mark.parametrize(("failure", "status"), [("body", 200), ("status", 400)])
def test_a_failed_gate_shows_in_the_body_and_by_choice_in_the_status(
    created: httpx2.Client, failure: str, status: int
) -> None:
    set_up(created, gate="fail", failure=failure, policies="sbom,tests", times=1)
    answer = promote(created, "1.6.0", "DEV")
    gate = answer.json()["evaluations"]["entry_gate"]
    assert (answer.status_code, answer.json()["status"]) == (status, "failure")
    assert answer.json()["message"] == "copy promotion from '' to 'DEV' failed due to policy violations."
    assert (gate["decision"], gate["explanation"]) == ("fail", "The gate has violated policies: [sbom], [tests].")
    assert standing(created, "1.6.0")[2] == ""
    assert promote(created, "1.6.0", "DEV").json()["status"] == "success"
    assert history(created) == [("", "DEV", "COMPLETED"), ("", "DEV", "FAILED")]


def test_a_gate_fails_as_often_as_it_is_told_to(created: httpx2.Client) -> None:
    set_up(created, gate="fail", times=2)
    assert [promote(created, "1.6.0", "DEV").json()["status"] for _ in range(3)] == ["failure", "failure", "success"]


def test_a_warning_gate_lets_the_promotion_pass(created: httpx2.Client) -> None:
    set_up(created, gate="warn")
    body = promote(created, "1.6.0", "DEV").json()
    assert (body["status"], body["message"]) == (
        "success",
        "copy promotion from '' to 'DEV' was successful, but with warnings.",
    )


def test_an_asynchronous_promotion_is_started_first(created: httpx2.Client) -> None:
    set_up(created, work_ms=3_600_000)
    answer = created.post(f"{INVENTORY}/1.6.0/promote?async=true", json={"target_stage": "DEV"})
    assert answer.status_code == 202
    assert (history(created), standing(created, "1.6.0")[2]) == ([("", "DEV", "STARTED")], "")


def test_an_asynchronous_promotion_completes_when_its_time_has_come(created: httpx2.Client) -> None:
    set_up(created, work_ms=0)
    created.post(f"{INVENTORY}/1.6.0/promote?async=true", json={"target_stage": "DEV"})
    assert (history(created), standing(created, "1.6.0")[2]) == ([("", "DEV", "COMPLETED")], "DEV")


def test_a_second_promotion_or_a_rollback_waits_for_the_running_one(created: httpx2.Client) -> None:
    promote(created, "1.6.0", "DEV")
    set_up(created, work_ms=3_600_000)
    created.post(f"{INVENTORY}/1.6.0/promote?async=true", json={"target_stage": "QA"})
    answers = [
        promote(created, "1.6.0", "QA"),
        created.post(f"{INVENTORY}/1.6.0/rollback", json={"from_stage": "DEV"}),
    ]
    assert [answer.status_code for answer in answers] == [409, 409]


def test_a_version_that_is_not_complete_cannot_be_promoted(created: httpx2.Client) -> None:
    set_up(created, creation="fail")
    create(created, "1.7.0")
    assert promote(created, "1.7.0", "DEV").status_code == 400


def test_a_rollback_undoes_the_latest_promotion(created: httpx2.Client) -> None:
    promote(created, "1.6.0", "DEV")
    promote(created, "1.6.0", "QA")
    answer = created.post(f"{INVENTORY}/1.6.0/rollback", json={"from_stage": "QA"})
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "application_key": "bookverse-inventory",
            "version": "1.6.0",
            "project_key": "bookverse",
            "rollback_from_stage": "QA",
            "rollback_to_stage": "DEV",
        },
    )
    assert history(created) == [("", "DEV", "COMPLETED")]
    log = created.get(f"{API}/activity/log?application_key=bookverse-inventory").json()
    assert [entry["event_type"] for entry in log[:4]] == [
        "version_rollback",
        "version_promotion",
        "version_promotion",
        "version_creation",
    ]


def test_a_release_can_be_rolled_back(created: httpx2.Client) -> None:
    promote(created, "1.6.0", "STAGING")
    created.post(f"{INVENTORY}/1.6.0/release")
    created.post(f"{INVENTORY}/1.6.0/rollback", json={"from_stage": "PROD"})
    assert standing(created, "1.6.0") == ("COMPLETED", "PRE_RELEASE", "STAGING")


@pytest.mark.parametrize("stage", ["", "QA", 7])
def test_a_rollback_from_another_stage_is_refused(created: httpx2.Client, stage: object) -> None:
    promote(created, "1.6.0", "DEV")
    assert created.post(f"{INVENTORY}/1.6.0/rollback", json={"from_stage": stage}).status_code == 400


def test_a_rollback_of_what_is_in_no_stage_is_refused(created: httpx2.Client) -> None:
    assert created.post(f"{INVENTORY}/1.6.0/rollback", json={"from_stage": "DEV"}).status_code == 400


def test_promotions_are_paged_and_carry_their_message_where_asked(created: httpx2.Client) -> None:
    for stage in ("DEV", "QA", "STAGING"):
        promote(created, "1.6.0", stage)
    body = created.get(f"{INVENTORY}/1.6.0/promotions?include=message&limit=1&offset=1&order_asc=true").json()
    assert (body["total"], body["limit"], body["offset"]) == (3, 1, 1)
    assert [entry["messages"] for entry in body["promotions"]] == [
        [{"text": "copy promotion from 'DEV' to 'QA' was successful."}]
    ]


@pytest.mark.parametrize(
    ("dialect", "names"), [("upper", ["promoted_by", "promoted_at"]), ("lower", ["created_by", "created"])]
)
def test_each_dialect_takes_another_name_for_who_and_when(
    created: httpx2.Client, dialect: str, names: list[str]
) -> None:
    set_up(created, dialect=dialect)
    promote(created, "1.6.0", "DEV")
    record = created.get(f"{INVENTORY}/1.6.0/promotions").json()["promotions"][0]
    assert [name for name in ("promoted_by", "promoted_at", "created_by", "created") if name in record] == names


@pytest.mark.parametrize(
    ("field", "value"),
    [("gate", "open"), ("failure", "loud"), ("work_ms", -1), ("times", 1), ("policies", 7), ("colour", "red")],
)
def test_a_bad_setting_is_refused_by_name(shared_apptrust: httpx2.Client, field: str, value: object) -> None:
    before = shared_apptrust.get("/settings").json()
    answer = shared_apptrust.put("/settings", json={field: value})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, [field])
    assert shared_apptrust.get("/settings").json() == before
