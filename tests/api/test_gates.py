"""Sign-offs and bypasses over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.access import Role
from tests.api.calling import caller_for
from tests.factories import person
from tests.signing import needs

if TYPE_CHECKING:
    from tests.api.calling import Caller

PATH = "/releases/2.2.0-alpha.1"


@pytest.fixture
def anna(candidate: str) -> Caller:
    """Somebody whose sign-off DEV waits for."""
    needs("DEV")
    person("anna", Role.APPROVER)
    return caller_for("anna")


def sign(caller: Caller, **body: object) -> tuple[int, dict[str, object]]:
    digest = caller.get(PATH).json()["gates"]["digest"]
    answer = caller.post(f"{PATH}/signoffs", {"role": "approver", "digest": digest, **body})
    return answer.status_code, answer.json()


def test_a_promotion_without_sign_off_is_refused_with_who_is_missing(manager: Caller, anna: Caller) -> None:
    answer = manager.post(f"{PATH}/promotions", {"stage": "DEV"})
    problem = answer.json()
    assert (answer.status_code, problem["type"], problem["detail"]) == (
        409,
        "urn:bookverse:problem:gate-closed",
        "DEV needs 1 sign-off of role approver.",
    )
    assert [(each["code"], each["text"]) for each in problem["reasons"]] == [("GATE_APPROVAL", problem["detail"])]


def test_a_sign_off_is_created_and_lets_the_promotion_start(manager: Caller, anna: Caller) -> None:
    status, answer = sign(anna)
    assert (status, answer["role"], answer["stage"]) == (201, "approver", "DEV")
    assert manager.post(f"{PATH}/promotions", {"stage": "DEV"}).status_code == 202


def test_the_digest_that_the_release_was_created_with_is_the_one_to_sign(anna: Caller) -> None:
    assert sign(anna, digest=anna.get(PATH).json()["digest"])[0] == 201


def test_another_digest_is_a_conflict(anna: Caller) -> None:
    status, problem = sign(anna, digest="0" * 64)
    assert (status, problem["type"]) == (409, "urn:bookverse:problem:agreement-changed")


def test_whoever_planned_it_or_lacks_the_role_is_forbidden(manager: Caller, anna: Caller) -> None:
    needs("DEV", role=Role.MANAGER)
    assert (sign(manager)[0], sign(manager, role="release manager")[0]) == (403, 403)


def test_a_token_that_only_promotes_signs_nothing(anna: Caller) -> None:
    assert sign(caller_for("anna", "promote"))[0] == 403


def test_a_sign_off_is_withdrawn_once(anna: Caller) -> None:
    number = sign(anna)[1]["id"]
    assert [anna.delete(f"{PATH}/signoffs/{number}").status_code for _ in range(2)] == [204, 404]


def test_a_rejection_is_told_to_whoever_promotes(manager: Caller, anna: Caller) -> None:
    assert sign(anna, decision="rejected", reason="vouchers")[0] == 201
    detail = manager.post(f"{PATH}/promotions", {"stage": "DEV"}).json()["detail"]
    assert detail == "anna rejected the release for DEV: vouchers."


def test_a_rejection_without_a_reason_is_malformed(anna: Caller) -> None:
    assert sign(anna, decision="rejected")[0] == 422


def test_an_administrator_bypasses_a_gate_with_a_reason(manager: Caller, anna: Caller) -> None:
    person("ada", Role.ADMIN)
    ada = caller_for("ada")
    wanted = {"stage": "DEV", "gate": "approval", "reason": "the shop is down", "hours": 2}
    assert manager.post(f"{PATH}/bypasses", wanted).status_code == 403
    answer = ada.post(f"{PATH}/bypasses", wanted)
    assert (answer.status_code, answer.json()["gate"]) == (201, "approval")
    assert manager.post(f"{PATH}/promotions", {"stage": "DEV"}).status_code == 202


def test_a_bypass_is_listed_while_it_lasts_and_ended_once(manager: Caller, anna: Caller) -> None:
    person("ada", Role.ADMIN)
    ada = caller_for("ada")
    number = ada.post(f"{PATH}/bypasses", {"stage": "DEV", "gate": "approval", "reason": "outage"}).json()["id"]
    (shown,) = manager.get(PATH).json()["gates"]["bypasses"]
    assert (shown["id"], shown["by"], shown["end"]["why_not"]) == (
        number,
        "ada",
        "To bypass a gate you need the role admin.",
    )
    assert manager.delete(f"{PATH}/bypasses/{number}").status_code == 403
    assert [ada.delete(f"{PATH}/bypasses/{number}").status_code for _ in range(2)] == [204, 409]
    assert ada.get(PATH).json()["gates"]["bypasses"] == []
