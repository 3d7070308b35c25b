from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import Release
from tests.api.platform import LIVE

if TYPE_CHECKING:
    from tests.api.calling import Caller

ONE = {"service": "checkout", "version": "1.5.3"}


def test_one_service_is_released_by_itself(manager: Caller) -> None:
    answer = manager.post("/independent-releases", ONE)

    assert (answer.status_code, answer.json()["version"], answer.json()["state"]) == (201, "2.1.1-alpha.1", "planned")
    assert Release.objects.get().manifest == LIVE | {"checkout": "1.5.3"}


def test_a_service_may_be_called_by_its_alias(manager: Caller) -> None:
    answer = manager.post("/independent-releases", {**ONE, "service": "bookverse-checkout"})

    assert (answer.status_code, Release.objects.get().manifest["checkout"]) == (201, "1.5.3")


def test_what_does_not_fit_is_refused_with_reasons(manager: Caller) -> None:
    answer = manager.post("/independent-releases", {"service": "recommendations", "version": "2.2.0"})

    assert answer.status_code == 409
    assert answer.json()["reasons"][0]["code"] == "range-broken"


def test_a_problem_of_the_plan_names_the_service(manager: Caller) -> None:
    answer = manager.post("/independent-releases", {"service": "checkout", "version": "9.9.9"})

    assert (answer.status_code, answer.json()["reasons"][0]["service"]) == (409, "checkout")


def test_who_may_not_plan_releases_nothing(viewer: Caller) -> None:
    assert (viewer.post("/independent-releases", ONE).status_code, Release.objects.count()) == (403, 0)


def test_the_same_key_releases_once(manager: Caller) -> None:
    versions = {
        manager.post("/independent-releases", ONE, Idempotency_Key="build-7").json()["version"] for _ in range(2)
    }

    assert (versions, Release.objects.count()) == ({"2.1.1-alpha.1"}, 1)


def test_a_preview_of_the_kind_keeps_the_rest_live_and_names_whom_to_verify_again(viewer: Caller) -> None:
    plan = viewer.post("/plans/preview", {"kind": "independent", "versions": {"checkout": "1.5.3"}}).json()

    assert (plan["versions"], plan["reverify"]) == (LIVE | {"checkout": "1.5.3"}, ["helm", "web"])


def test_a_previewed_plan_of_the_kind_can_be_accepted(manager: Caller) -> None:
    body = {"kind": "independent", "versions": {"checkout": "1.5.3"}}
    digest = manager.post("/plans/preview", body).json()["digest"]

    answer = manager.post("/releases", {**body, "accept_digest": digest})

    assert (answer.status_code, Release.objects.get().kind) == (201, "independent")
