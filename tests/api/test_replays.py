"""``GET /releases/{version}/at/{sequence}``: the release as any entry of its journal left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import Release
from tests.api.calling import CANDIDATE, finish_promotion, promote

if TYPE_CHECKING:
    from tests.api.calling import Caller


def test_a_release_is_told_as_it_was_planned(manager: Caller, candidate: str) -> None:
    answer = manager.get(f"/releases/{candidate}/at/1")
    told = answer.json()
    assert answer.status_code == 200
    assert (told["sequence"], told["version"], told["state"], told["promotions"]) == (1, CANDIDATE, "planned", [])
    assert told["versions"] == Release.objects.get().manifest


def test_a_promotion_is_told_step_by_step_with_its_sessions(manager: Caller, candidate: str) -> None:
    promote(manager)
    finish_promotion()
    release = Release.objects.get()
    closed = release.entries.filter(kind="session.closed").order_by("sequence")[0]

    (promotion,) = manager.get(f"/releases/{candidate}/at/{closed.sequence}").json()["promotions"]

    assert [step["state"] for step in promotion["steps"]] == ["succeeded", "pending", "pending", "pending", "pending"]
    (session,) = promotion["sessions"]
    assert session["summary"] == {"status": "COMPLETE", "expected": 1, "received": 1, "respondents": 1, "errors": 0}
    assert session["state"] == "succeeded"
    last = manager.get(f"/releases/{candidate}/at/{release.sequence}").json()
    assert (last["state"], last["promotions"][0]["state"]) == ("waiting", "succeeded")


def test_an_entry_that_is_not_there_is_not_found(manager: Caller, candidate: str) -> None:
    answer = manager.get(f"/releases/{candidate}/at/2")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        f"{candidate} has no journal entry 2; its entries are 1 to 1.",
    )
    assert manager.get(f"/releases/{candidate}/at/0").status_code == 404
    assert manager.get("/releases/9.9.9/at/1").status_code == 404


def test_a_number_that_is_none_is_malformed(manager: Caller, candidate: str) -> None:
    assert manager.get(f"/releases/{candidate}/at/x").status_code == 422
    assert manager.get(f"/releases/{candidate}/at/-1").status_code == 422
    assert manager.get(f"/releases/{candidate}/at/{2**63}").status_code == 422
