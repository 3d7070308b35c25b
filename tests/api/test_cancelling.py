"""A script says which it means to cancel, the promotion or the release, and never ends the other by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.api.calling import finish_promotion, promote

if TYPE_CHECKING:
    from tests.api.calling import Caller


def test_the_promotion_that_is_meant_is_cancelled(manager: Caller, candidate: str) -> None:
    promote(manager)
    answer = manager.post(f"/releases/{candidate}/cancel", {"stage": "DEV"})

    assert (answer.status_code, answer.json()["state"]) == (200, "planned")


def test_a_promotion_that_has_just_ended_does_not_cost_the_release(manager: Caller, candidate: str) -> None:
    promote(manager)
    finish_promotion()
    answer = manager.post(f"/releases/{candidate}/cancel", {"stage": "DEV"})

    refusal = f"The promotion of {candidate} to DEV has succeeded already."
    assert (answer.status_code, answer.json()["detail"]) == (409, refusal)
    assert manager.get(f"/releases/{candidate}").json()["state"] == "waiting"


def test_a_promotion_that_has_just_begun_is_not_cancelled_in_the_place_of_its_release(
    manager: Caller, candidate: str
) -> None:
    promote(manager)
    answer = manager.post(f"/releases/{candidate}/cancel", {"stage": ""})

    refusal = f"{candidate} is being promoted to DEV: manager started the promotion to DEV."
    assert (answer.status_code, answer.json()["detail"]) == (409, refusal)
