"""Taking releases back over the API: what is previewed is what is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import Release
from tests.api.calling import finish_promotion, promote

if TYPE_CHECKING:
    from tests.api.calling import Caller


def promoted(manager: Caller) -> None:
    promote(manager)
    finish_promotion()


def test_the_preview_tells_what_would_go_back_and_stores_nothing(manager: Caller, candidate: str) -> None:
    promoted(manager)
    plan = manager.post(f"/releases/{candidate}/rollback/preview", {}).json()

    assert (plan["stage"], plan["target_version"], plan["can_start"]) == ("DEV", "2.1.0", True)
    assert plan["phases"] == [["helm"], ["web"], ["checkout", "recommendations"], ["inventory"]]
    assert plan["changes"][0] == {
        "service": "checkout",
        "from": "1.5.3",
        "to": "1.5.2",
        "irreversible": [],
        "spared": "",
        "is_registered": False,
    }
    assert plan["quarantine"] == ["checkout", "helm", "inventory", "recommendations", "web"]
    assert Release.objects.count() == 1


def test_what_was_previewed_is_started(manager: Caller, candidate: str) -> None:
    promoted(manager)
    digest = manager.post(f"/releases/{candidate}/rollback/preview", {}).json()["digest"]
    answer = manager.post(f"/releases/{candidate}/rollback", {"reason": "orders fail", "accept_digest": digest})
    rollback = manager.get(f"/releases/{answer.json()['version']}").json()

    assert (answer.status_code, answer.json()["version"]) == (202, "2.2.0-rollback.1")
    assert (rollback["kind"], rollback["state"], rollback["stage"]) == ("rollback", "promoting", "DEV")


def test_who_wants_no_quarantine_says_so(manager: Caller, candidate: str) -> None:
    promoted(manager)
    digest = manager.post(f"/releases/{candidate}/rollback/preview", {}).json()["digest"]
    body = {"reason": "wrong day", "accept_digest": digest, "quarantine": False}
    manager.post(f"/releases/{candidate}/rollback", body)

    assert Release.objects.get(kind="rollback").plan["quarantine"] == []


def test_another_digest_is_refused(manager: Caller, candidate: str) -> None:
    promoted(manager)
    answer = manager.post(f"/releases/{candidate}/rollback", {"reason": "orders fail", "accept_digest": "0" * 64})

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bookverse:problem:plan-changed")


def test_a_release_that_brought_nothing_cannot_go_back(manager: Caller, candidate: str) -> None:
    answer = manager.post(f"/releases/{candidate}/rollback/preview", {})

    refusal = f"{candidate} has brought nothing that could be taken back."
    assert (answer.status_code, answer.json()["detail"]) == (409, refusal)


def test_a_target_that_never_ran_there_is_named_with_those_that_did(manager: Caller, candidate: str) -> None:
    promoted(manager)
    answer = manager.post(f"/releases/{candidate}/rollback/preview", {"target_version": "9.9.9"})

    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"loc": ["body", "target_version"], "msg": f"DEV never ran 9.9.9 before {candidate}; it ran 2.1.0."}],
    )


def test_the_emergency_recovery_is_only_for_a_rollback(manager: Caller, candidate: str) -> None:
    promote(manager)
    answer = manager.post(f"/releases/{candidate}/recover", {"reason": "no disk"})

    assert answer.status_code == 409
