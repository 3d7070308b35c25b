"""When a train arrives: the services' time of all the stages that are left, and what it waits for besides."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from releases.actions.steering import pause_promotion
from releases.actions.trains import hold_train
from releases.models import ApprovalRule, Freeze, PromotionStep, Stage, Train
from releases.queries.trains import train_view
from tests.factories import PHASES, SERVICES, person, tell
from tests.trains import next_train
from tests.travelling import open_promotion, planned, platform, promoted, release_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

    from releases.queries.arrivals import Arrival
    from tests.fakes.registry import FakeRegistry

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT = 10_000
STAGES = ("DEV", "QA", "STAGING", "PROD")


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer) -> Iterator[FakeRegistry]:
    with platform(httpserver) as running:
        yield running


def arrival(train: Train) -> Arrival:
    found = train_view(train.label, "").arrival
    assert found is not None
    return found


def took(seconds: float) -> None:
    """Let every step that succeeded have taken so long."""
    for step in PromotionStep.objects.exclude(finished_at=None):
        assert step.finished_at is not None
        step.started_at = step.finished_at - timedelta(seconds=seconds)
        step.save()


def test_a_train_at_the_station_foresees_nothing(registry: FakeRegistry) -> None:
    assert train_view(next_train().label, "").arrival is None


def test_services_that_never_ran_are_bound_by_the_timeout_and_nobody_names_a_middle(registry: FakeRegistry) -> None:
    train = planned()

    found = arrival(train)

    assert (found.stage, found.left, found.untried, found.people, found.clock, found.uncounted) == (
        "PROD",
        STAGES,
        STAGES,
        (),
        (),
        (),
    )
    assert (found.forecast.p50_ms, found.forecast.p90_ms) == (None, len(STAGES) * len(PHASES) * TIMEOUT)
    assert found.eta_at is None
    assert found.latest_at == open_promotion(train).sessions.get().opened_at + timedelta(
        milliseconds=found.forecast.p90_ms
    )


def test_phases_that_are_through_and_stages_that_are_reached_count_no_more(registry: FakeRegistry) -> None:
    train = promoted(planned(), "QA")
    tell(open_promotion(train), "inventory", "succeeded")

    found = arrival(train)

    assert (found.left, found.forecast.p90_ms) == (("STAGING", "PROD"), (2 * len(PHASES) - 1) * TIMEOUT)
    assert len(found.forecast.unknown) == 2 * len(SERVICES) - 1


def test_what_ran_before_gives_the_middle_of_all_stages_together(registry: FakeRegistry) -> None:
    train = promoted(planned(), "PROD")
    took(2)
    release = release_of(train)
    release.promotions.exclude(stage__name="DEV").update(rolled_back_at=timezone.now())
    Stage.objects.get(name="PROD").deployments.all().update(version="0.1.0")

    found = arrival(train)

    assert (found.left, found.untried, found.forecast.p50_ms) == (("QA", "STAGING", "PROD"), (), len(PHASES) * 2_000)


def test_people_and_the_clock_are_named_apart_and_leave_no_hour_to_promise(registry: FakeRegistry) -> None:
    prod, qa = Stage.objects.get(name="PROD"), Stage.objects.get(name="QA")
    ApprovalRule.objects.create(stage=prod, count=1)
    now = timezone.now()
    Freeze.objects.create(stage=qa, starts_at=now, ends_at=now + timedelta(hours=1), reason="inventory")

    found = arrival(planned())

    assert (found.people, len(found.clock), found.eta_at, found.latest_at) == (
        ("PROD needs 1 sign-off of role approver.",),
        1,
        None,
        None,
    )
    assert found.clock[0].startswith("QA is frozen until ")


def test_a_pause_a_hold_and_a_build_are_said(registry: FakeRegistry) -> None:
    train = planned()
    train.steps.filter(phase="build").update(state="running")
    pause_promotion(actor=person(), version=open_promotion(train).version)
    hold_train(actor=person(), label=train.label, reason="incident")

    found = arrival(train)

    assert (found.people, found.uncounted, found.latest_at) == (
        ("The train is held: somebody has to resume it.", "DEV: It is paused: somebody has to resume it."),
        ("its build",),
        None,
    )


def test_a_train_that_arrived_foresees_nothing_more(registry: FakeRegistry) -> None:
    train = promoted(planned(), "PROD")

    assert train_view(train.label, "").arrival is None
