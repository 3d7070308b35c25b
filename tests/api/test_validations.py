"""Validating through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.validations import carry_out_due_validation
from releases.models import Release, Service, Stage, ValidationRun, ValidationTarget
from tests.api.calling import caller_for, create_candidate
from tests.api.platform import build_platform
from tests.factories import NEXT, finish, promote
from tests.fakes.shop import fake_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.calling import Caller


@pytest.fixture
def live(transactional_db: None) -> Iterator[tuple[Caller, str]]:
    """A release that runs in DEV."""
    with fake_shop(NEXT) as shop:
        build_platform()
        for service in Service.objects.all():
            service.base_url = f"{shop.url}/{service.slug}"
            service.save(update_fields=["base_url"])
        ValidationTarget.objects.create(
            stage=Stage.objects.get(name="DEV"),
            catalog=Service.objects.get(slug="inventory"),
            orders=Service.objects.get(slug="checkout"),
            required=["journey", "health"],
            requests=2,
        )
        manager = caller_for("manager")
        version = create_candidate(manager)
        finish(promote(Release.objects.get(version=version)))
        yield manager, version


def test_a_validation_is_accepted_and_its_result_is_on_the_release(live: tuple[Caller, str]) -> None:
    manager, version = live

    answer = manager.post(f"/releases/{version}/validations", {})
    carry_out_due_validation()

    assert (answer.status_code, answer.json()["stage"], answer["Location"]) == (202, "DEV", answer.json()["url"])
    panel = manager.get(f"/releases/{version}").json()["validation"]
    found = {each["scenario"]: each["outcome"] for each in panel["stages"][0]["scenarios"]}
    assert found == {
        "journey": "passed",
        "health": "passed",
        "performance": "not_configured",
        "security": "not_configured",
        "consistency": "passed",
        "integrity": "not_configured",
    }
    assert (panel["stage"], panel["stages"][0]["state"], panel["control"]["allowed"]) == ("DEV", "passed", True)


def test_chosen_scenarios_are_carried_out_alone(live: tuple[Caller, str]) -> None:
    manager, version = live

    answer = manager.post(f"/releases/{version}/validations", {"scenarios": ["security", "health"], "stage": "DEV"})

    assert answer.json()["scenarios"] == ["health", "security"]
    assert ValidationRun.objects.get().scenarios == ["health", "security"]


def test_without_a_body_everything_is_validated(live: tuple[Caller, str]) -> None:
    manager, version = live

    assert manager.post(f"/releases/{version}/validations").status_code == 202
    assert len(ValidationRun.objects.get().scenarios) == 6


def test_the_same_key_starts_one(live: tuple[Caller, str]) -> None:
    manager, version = live

    answers = [manager.post(f"/releases/{version}/validations", {}, Idempotency_Key="k") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    other = manager.post(f"/releases/{version}/validations", {"scenarios": ["health"]}, Idempotency_Key="k")
    assert other.status_code == 409


def test_an_unknown_scenario_is_malformed(live: tuple[Caller, str]) -> None:
    manager, version = live

    answer = manager.post(f"/releases/{version}/validations", {"scenarios": ["astrology"]})

    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "scenarios", 0])


def test_what_is_in_no_stage_is_refused_in_the_words_of_the_button(manager: Caller, candidate: str) -> None:
    answer = manager.post(f"/releases/{candidate}/validations", {})

    control = manager.get(f"/releases/{candidate}").json()["validation"]["control"]
    assert (answer.status_code, answer.json()["detail"]) == (409, control["why_not"])
    assert control["why_not"] == "2.2.0-alpha.1 is in no stage yet: promote it first."
