"""Freezes over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.calling import caller_for, promote

if TYPE_CHECKING:
    from tests.api.calling import Caller

FREEZE = {"stages": ["DEV"], "reason": "incident", "hours": 4}


def test_a_freeze_says_what_it_is_and_keeps_promotions_out(manager: Caller, candidate: str) -> None:
    answer = manager.post("/freezes", FREEZE)
    (made,) = answer.json()["items"]
    assert (answer.status_code, answer.json()["paused"]) == (201, [])
    assert {name: made[name] for name in ("stage", "reason", "by", "in_flight", "is_on")} == {
        "stage": "DEV",
        "reason": "incident",
        "by": "manager",
        "in_flight": "finish",
        "is_on": True,
    }
    assert manager.get("/freezes").json()["items"] == [made]
    problem = manager.post(f"/releases/{candidate}/promotions", {"stage": "DEV"}).json()
    assert (problem["type"], [reason["code"] for reason in problem["reasons"]]) == (
        "urn:bookverse:problem:gate-closed",
        ["GATE_FREEZE"],
    )
    assert problem["detail"].startswith("DEV is frozen by manager until ")


def test_what_it_paused_is_named_and_resumed_once_it_is_lifted(manager: Caller, candidate: str) -> None:
    promote(manager)
    frozen = manager.post("/freezes", {**FREEZE, "stages": [], "in_flight": "pause"}).json()
    assert (len(frozen["items"]), frozen["paused"]) == (2, [candidate])
    resume = f"/releases/{candidate}/resume"
    assert manager.post(resume, {}).json()["type"] == "urn:bookverse:problem:gate-closed"

    lifted = manager.post("/freezes/lift", {"freezes": [each["id"] for each in frozen["items"]]})
    assert (lifted.status_code, lifted.json()) == (200, {"stages": ["DEV", "PROD"]})
    assert manager.post(resume, {}).status_code == 200
    assert manager.get("/freezes").json()["items"] == []


def test_a_freeze_is_lifted_once(manager: Caller, candidate: str) -> None:
    (made,) = manager.post("/freezes", FREEZE).json()["items"]
    wanted = {"freezes": [made["id"]], "reason": "over"}
    assert [manager.post("/freezes/lift", wanted).status_code for _ in range(2)] == [200, 409]
    assert manager.post("/freezes/lift", {"freezes": [999]}).status_code == 404


@pytest.mark.parametrize("wrong", [{"hours": 0}, {"hours": 673}, {"reason": ""}, {"in_flight": "stop"}, {"until": 1}])
def test_a_freeze_without_end_reason_or_known_policy_is_malformed(
    manager: Caller, candidate: str, wrong: dict[str, object]
) -> None:
    assert manager.post("/freezes", {**FREEZE, **wrong}).status_code == 422


def test_a_stage_that_is_none_is_not_found(manager: Caller, candidate: str) -> None:
    assert manager.post("/freezes", {**FREEZE, "stages": ["MOON"]}).status_code == 404


def test_a_token_that_only_promotes_freezes_nothing(candidate: str) -> None:
    assert caller_for("manager", "promote").post("/freezes", FREEZE).status_code == 403
