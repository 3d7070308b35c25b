"""What may be done in which state: the release says it before, and the refusal says it in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.calling import CANDIDATE, Caller, finish_promotion, open_dispatches, promote, report

if TYPE_CHECKING:
    from collections.abc import Callable

PATHS = {
    "promote": "promotions",
    "pause": "pause",
    "resume": "resume",
    "cancel": "cancel",
    "retry": "steps/inventory/retry",
    "skip": "steps/inventory/skip",
    "accept": "steps/inventory/accept",
}


def leave_planned(_manager: Caller) -> None:
    """Nothing was promoted yet."""


def run(manager: Caller) -> None:
    promote(manager)


def hold(manager: Caller) -> None:
    promote(manager)
    report(open_dispatches()[0], "failed")


def hold_though_it_succeeded(manager: Caller) -> None:
    promote(manager)
    (dispatch,) = open_dispatches()
    report(dispatch, "failed")
    report(dispatch, "succeeded")


def pause(manager: Caller) -> None:
    hold_though_it_succeeded(manager)
    manager.post(f"/releases/{CANDIDATE}/pause")


def arrive_in_dev(manager: Caller) -> None:
    promote(manager)
    finish_promotion()


def promote_to_the_last_stage(manager: Caller) -> None:
    arrive_in_dev(manager)
    promote(manager, "PROD")


def release_it(manager: Caller) -> None:
    promote_to_the_last_stage(manager)
    finish_promotion()


def cancel_the_promotion(manager: Caller) -> None:
    hold_though_it_succeeded(manager)
    manager.post(f"/releases/{CANDIDATE}/cancel")


def cancel_the_release(manager: Caller) -> None:
    manager.post(f"/releases/{CANDIDATE}/cancel")


LEGAL: dict[Callable[[Caller], None], set[str]] = {
    leave_planned: {"promote", "cancel"},
    run: {"pause", "cancel"},
    hold: {"pause", "cancel", "retry", "skip"},
    hold_though_it_succeeded: {"pause", "cancel", "retry", "skip", "accept"},
    pause: {"resume", "cancel"},
    arrive_in_dev: {"promote", "cancel"},
    promote_to_the_last_stage: {"pause", "cancel"},
    release_it: set(),
    cancel_the_promotion: {"promote", "cancel"},
    cancel_the_release: set(),
}


def controls(caller: Caller) -> dict[str, dict[str, Any]]:
    release = caller.get(f"/releases/{CANDIDATE}").json()
    inventory = next(step for step in release["steps"] if step["service"] == "inventory")
    return {verb: release.get(verb) or inventory[verb] for verb in PATHS}


def attempt(manager: Caller, verb: str) -> tuple[int, str]:
    release = manager.get(f"/releases/{CANDIDATE}").json()
    bodies = {"promote": {"stage": release["promote_stage"] or "PROD"}, "skip": {"reason": "Known"}}
    answer = manager.post(f"/releases/{CANDIDATE}/{PATHS[verb]}", bodies.get(verb, {}))
    return answer.status_code, answer.json().get("detail", "")


@pytest.mark.parametrize(("prepare", "legal"), LEGAL.items(), ids=lambda part: getattr(part, "__name__", ""))
def test_an_act_that_may_not_be_is_refused_in_the_words_that_the_release_gave(
    manager: Caller, candidate: str, prepare: Callable[[Caller], None], legal: set[str]
) -> None:
    prepare(manager)
    told = controls(manager)

    assert {verb for verb, control in told.items() if control["allowed"]} == legal
    for verb in PATHS.keys() - legal:
        assert attempt(manager, verb) == (409, told[verb]["why_not"]), verb


@pytest.mark.parametrize(
    ("prepare", "verb"), [(prepare, verb) for prepare, legal in LEGAL.items() for verb in sorted(legal)]
)
def test_an_act_that_may_be_is_done(
    manager: Caller, candidate: str, prepare: Callable[[Caller], None], verb: str
) -> None:
    prepare(manager)

    assert attempt(manager, verb)[0] in {200, 202}


def test_who_may_only_look_is_told_the_role_instead(viewer: Caller, manager: Caller, candidate: str) -> None:
    hold_though_it_succeeded(manager)

    told = {control["why_not"] for control in controls(viewer).values()}
    assert told == {"To steer a promotion you need the role release manager."}


def test_a_late_success_is_told_and_can_be_accepted(manager: Caller, candidate: str) -> None:
    promote(manager)
    (dispatch,) = open_dispatches()
    report(dispatch, "failed")
    report(dispatch, "succeeded", message="slow disk")
    before = manager.get(f"/releases/{candidate}").json()["steps"][0]
    answer = manager.post(f"/releases/{candidate}/steps/inventory/accept", {})

    assert (before["late_result"]["status"], before["late_result"]["message"]) == ("succeeded", "slow disk")
    assert (answer.status_code, answer.json()["state"]) == (200, "promoting")
    after = manager.get(f"/releases/{candidate}").json()["steps"][0]
    assert (after["state"], after["late_result"]) == ("succeeded", None)
