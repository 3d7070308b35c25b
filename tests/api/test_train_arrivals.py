"""When a train arrives, asked for by scripts: what its page shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from releases.actions.trains import cancel_train
from releases.domain.access import Role
from releases.models import ApprovalRule, DeploymentContract, Freeze, Stage
from tests.api.calling import caller_for
from tests.factories import PHASES, person
from tests.trains import next_train
from tests.travelling import open_promotion, planned, platform, promoted
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pytest_httpserver import HTTPServer

    from releases.models import Train
    from tests.fakes.registry import FakeRegistry

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT = 10_000
STAGES = ["DEV", "QA", "STAGING", "PROD"]
ALL_PHASES = len(STAGES) * len(PHASES) * TIMEOUT


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer) -> Iterator[FakeRegistry]:
    with platform(httpserver) as running:
        yield running


def told(train: Train) -> dict[str, Any]:
    found: dict[str, Any] = caller_for("maria").get(f"/trains/{train.label}").json()
    return found


def test_a_train_under_way_tells_when_it_arrives_at_latest(registry: FakeRegistry) -> None:
    train = planned()

    answer = told(train)
    arrival = answer["arrival"]
    forecast = arrival.pop("forecast")
    latest_at = datetime.fromisoformat(arrival.pop("latest_at"))

    assert answer["why_no_arrival"] == ""
    assert arrival == {
        "stage": "PROD",
        "left": STAGES,
        "eta_at": None,
        "untried": STAGES,
        "people": [],
        "clock": [],
        "uncounted": [],
    }
    assert (forecast["p50_ms"], forecast["p90_ms"]) == (None, ALL_PHASES)
    asked = open_promotion(train).sessions.get().opened_at
    assert abs(latest_at - asked - timedelta(milliseconds=ALL_PHASES)) < timedelta(milliseconds=1)


def test_people_and_the_clock_stand_apart_in_the_words_of_the_page(registry: FakeRegistry) -> None:
    ApprovalRule.objects.create(stage=Stage.objects.get(name="PROD"), count=1)
    now = timezone.now()
    Freeze.objects.create(
        stage=Stage.objects.get(name="QA"), starts_at=now, ends_at=now + timedelta(hours=1), reason="inventory"
    )
    train = planned()

    arrival = told(train)["arrival"]
    page = browser_of("vera", Role.VIEWER).get(f"/trains/{train.label}").content.decode()

    assert (arrival["people"], len(arrival["clock"]), arrival["eta_at"], arrival["latest_at"]) == (
        ["PROD needs 1 sign-off of role approver."],
        1,
        None,
        None,
    )
    assert f"waiting for people comes on top: {arrival['people'][0]}" in page
    assert f"waiting for the clock comes on top: {arrival['clock'][0]}" in page


def test_a_train_at_the_station_says_that_nothing_is_foreseen_yet(registry: FakeRegistry) -> None:
    train = next_train()

    answer = told(train)
    page = browser_of("vera", Role.VIEWER).get(f"/trains/{train.label}").content.decode()

    assert (answer["arrival"], answer["why_no_arrival"]) == (
        None,
        "When it arrives is foreseen once it has departed and has its release.",
    )
    assert answer["why_no_arrival"] in page


def test_a_train_whose_release_runs_everywhere_has_nothing_left_to_foresee(registry: FakeRegistry) -> None:
    train = promoted(planned(watch_minutes=60), "PROD")

    answer = told(train)

    assert (answer["state"], answer["arrival"], answer["why_no_arrival"]) == (
        "departed",
        None,
        "Its release runs in every stage of its way already.",
    )


def test_a_train_that_arrived_says_so(registry: FakeRegistry) -> None:
    DeploymentContract.objects.all().delete()
    answer = told(promoted(planned(), "PROD"))

    assert (answer["state"], answer["arrival"], answer["why_no_arrival"]) == ("arrived", None, "It has arrived.")


def test_a_cancelled_train_goes_no_further(registry: FakeRegistry) -> None:
    train = planned()
    cancel_train(actor=person(), label=train.label, reason="holidays")

    answer = told(train)

    assert (answer["arrival"], answer["why_no_arrival"]) == (None, "It was cancelled, so it goes no further.")


def test_the_timetable_foresees_nothing(registry: FakeRegistry) -> None:
    planned()

    lines = caller_for("maria").get("/trains").json()["items"]

    assert [line for line in lines if "arrival" in line] == []
