from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.models import Delivery, Deployment, Inbox, Release
from tests.api.calling import CANDIDATE, finish_promotion, open_dispatches, promote, report
from tests.api.platform import NEWEST

if TYPE_CHECKING:
    from tests.api.calling import Caller


def test_a_promotion_answers_at_once_with_its_first_session(manager: Caller, candidate: str) -> None:
    started = promote(manager)
    correlation_id = str(open_dispatches()[0].session.correlation_id)
    assert (started["correlation_id"], started["expected"], started["notice"]) == (correlation_id, 1, "")
    assert started["stream_url"] == f"http://testserver/api/v1/sessions/{correlation_id}/stream"
    assert started["board_url"] == f"http://testserver/releases/{candidate}"


def test_a_release_goes_through_every_stage_in_order(manager: Caller, candidate: str) -> None:
    promote(manager, "DEV")
    finish_promotion()
    promote(manager, "PROD")
    finish_promotion()
    assert manager.get("/releases/2.2.0").json()["state"] == "released"
    live = Deployment.objects.filter(stage__name="PROD").values_list("service__slug", "version")
    assert dict(live) == NEWEST


def test_a_stage_out_of_order_is_refused(manager: Caller, candidate: str) -> None:
    answer = manager.post(f"/releases/{candidate}/promotions", {"stage": "PROD"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "DEV comes before PROD; promote there first.")


def test_a_second_promotion_beside_an_open_one_is_refused(manager: Caller, candidate: str) -> None:
    promote(manager)
    answer = manager.post(f"/releases/{candidate}/promotions", {"stage": "DEV"})
    assert answer.status_code == 409


def test_an_unknown_stage_is_not_found(manager: Caller, candidate: str) -> None:
    assert manager.post(f"/releases/{candidate}/promotions", {"stage": "MOON"}).status_code == 404


def test_an_unknown_release_is_not_found(manager: Caller) -> None:
    assert manager.post("/releases/9.9.9/promotions", {"stage": "DEV"}).status_code == 404


def test_a_time_limit_above_the_maximum_is_cut_with_a_notice(manager: Caller, candidate: str) -> None:
    started = promote(manager, timeout_ms=60_000)
    assert started["notice"] == "timeout_ms was cut from 60000 to the maximum 27000."


@pytest.mark.parametrize("timeout_ms", [0, -1, "soon", 1.5, 2**40, True])
def test_a_time_limit_that_is_none_is_malformed(manager: Caller, candidate: str, timeout_ms: object) -> None:
    answer = manager.post(f"/releases/{candidate}/promotions", {"stage": "DEV", "timeout_ms": timeout_ms})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "timeout_ms"])


def test_results_can_be_posted_to_an_inbox_that_an_administrator_added(manager: Caller, candidate: str) -> None:
    Inbox.objects.create(name="ops", url="https://ops.example.org/results")
    promote(manager, strategy="inbox", inbox="ops")
    finish_promotion()
    assert Delivery.objects.filter(inbox__name="ops").count() == 4


def test_an_unknown_inbox_is_refused_with_those_that_there_are(manager: Caller, candidate: str) -> None:
    Inbox.objects.create(name="ops", url="https://ops.example.org/results")
    body = {"stage": "DEV", "strategy": "inbox", "inbox": "https://elsewhere.example.org"}
    answer = manager.post(f"/releases/{candidate}/promotions", body)
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [
            {
                "loc": ["body", "inbox"],
                "msg": "There is no inbox https://elsewhere.example.org; the inboxes are ops.",
            }
        ],
    )


def test_a_strategy_that_does_not_exist_is_malformed(manager: Caller, candidate: str) -> None:
    answer = manager.post(f"/releases/{candidate}/promotions", {"stage": "DEV", "strategy": "teleport"})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "strategy"])


def test_acting_on_an_outdated_view_is_a_conflict(manager: Caller, candidate: str) -> None:
    answer = manager.post(f"/releases/{candidate}/promotions", {"stage": "DEV", "lock_version": 7})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bookverse:problem:stale")


def test_a_promotion_can_be_paused_and_resumed(manager: Caller, candidate: str) -> None:
    promote(manager)
    paused = manager.post(f"/releases/{candidate}/pause", {"reason": "Lunch"})
    resumed = manager.post(f"/releases/{candidate}/resume")
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert (resumed.status_code, resumed.json()["state"]) == (200, "promoting")


def test_a_command_answers_with_the_lock_version_for_the_next(manager: Caller, candidate: str) -> None:
    promote(manager)
    lock_version = manager.post(f"/releases/{candidate}/pause").json()["lock_version"]
    assert manager.post(f"/releases/{candidate}/resume", {"lock_version": lock_version}).status_code == 200


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_without_an_open_promotion_there_is_nothing_to_steer(manager: Caller, candidate: str, verb: str) -> None:
    answer = manager.post(f"/releases/{candidate}/{verb}")
    assert (answer.status_code, answer.json()["detail"]) == (409, f"No promotion of {CANDIDATE} is open.")


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "steps/web/retry"])
def test_an_unknown_release_cannot_be_steered(manager: Caller, verb: str) -> None:
    assert manager.post(f"/releases/9.9.9/{verb}").status_code == 404


def test_cancelling_ends_the_open_promotion_first_and_the_release_then(manager: Caller, candidate: str) -> None:
    promote(manager)
    states = [manager.post(f"/releases/{candidate}/cancel", {"reason": "No"}).json()["state"] for _ in range(2)]
    assert states == ["planned", "cancelled"]


def test_a_failed_service_can_be_asked_again(manager: Caller, candidate: str) -> None:
    promote(manager)
    report(open_dispatches()[0], "failed", message="Disk full")
    answer = manager.post(f"/releases/{candidate}/steps/inventory/retry")
    assert (answer.status_code, answer.json()) == (200, {"service": "inventory", "attempt": 2})


def test_a_failed_service_can_be_skipped_with_a_reason(manager: Caller, candidate: str) -> None:
    promote(manager)
    report(open_dispatches()[0], "failed")
    answer = manager.post(f"/releases/{candidate}/steps/inventory/skip", {"reason": "Known"})
    assert (answer.status_code, answer.json()["state"]) == (200, "promoting")
    assert [dispatch.step.service.slug for dispatch in open_dispatches()] == ["checkout", "recommendations"]


@pytest.mark.parametrize("body", [{}, {"reason": " "}])
def test_skipping_without_a_reason_is_malformed(manager: Caller, candidate: str, body: dict[str, str]) -> None:
    promote(manager)
    report(open_dispatches()[0], "failed")
    answer = manager.post(f"/releases/{candidate}/steps/inventory/skip", body)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "reason"])


def test_a_service_that_did_not_fail_cannot_be_asked_again(manager: Caller, candidate: str) -> None:
    promote(manager)
    assert manager.post(f"/releases/{candidate}/steps/inventory/retry").status_code == 409


def test_a_service_that_is_no_part_of_the_promotion_is_not_found(manager: Caller, candidate: str) -> None:
    promote(manager)
    assert manager.post(f"/releases/{candidate}/steps/nowhere/retry").status_code == 404


def test_a_refused_command_leaves_the_journal_as_it_was(manager: Caller, candidate: str) -> None:
    before = Release.objects.get().sequence
    manager.post(f"/releases/{candidate}/promotions", {"stage": "PROD"})
    manager.post(f"/releases/{candidate}/pause")
    assert Release.objects.get().sequence == before
