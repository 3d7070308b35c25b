"""How long promotions took, as the forecast of a plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from releases.domain.critical_path import Forecast
from releases.domain.lifecycle import SlotState
from releases.domain.plans import PlanRequest
from releases.models import Promotion, PromotionStep, Service
from releases.queries.forecasts import step_durations
from releases.queries.plans import computed_plan
from tests.factories import PHASES, SERVICES, created, finish, load_bookverse, promote, step_of, tell

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def promotion() -> Promotion:
    load_bookverse()
    return promote(created())


def took(promotion: Promotion, service: str, *seconds: float, state: SlotState = SlotState.SUCCEEDED) -> None:
    """Note steps of closed promotions, each a day after the one before."""
    for day, each in enumerate(seconds):
        past = Promotion.objects.get(pk=promotion.pk)
        past.pk, past.state, past.finished_at = None, "succeeded", BEGAN
        past.save(force_insert=True)
        PromotionStep.objects.create(
            promotion=past,
            service=Service.objects.get(slug=service),
            phase=0,
            to_version="1.0.0",
            state=state.value,
            started_at=BEGAN + timedelta(days=day),
            finished_at=BEGAN + timedelta(days=day, seconds=each),
        )


def test_a_service_that_never_succeeded_is_not_foreseen() -> None:
    open_one = promotion()
    took(open_one, "inventory", 5, 5, state=SlotState.FAILED)

    assert step_durations() == {}


def test_the_median_of_the_last_ten_counts_in_milliseconds() -> None:
    open_one = promotion()
    took(open_one, "inventory", *[900] * 5, 1, 2, 3, 4, 5, 6.004, 7, 8, 9, 900)
    took(open_one, "web", 30)

    assert step_durations() == {"inventory": 5_502, "web": 30_000}


def test_the_last_attempt_is_what_counts() -> None:
    load_bookverse()
    first = promote(created())
    tell(first, "inventory", "succeeded")
    step = step_of(first, "inventory")
    step.attempt, step.started_at = 2, timezone.now() - timedelta(seconds=7)
    step.finished_at = step.started_at + timedelta(seconds=7)
    step.save()

    assert step_durations() == {"inventory": 7_000}


def test_a_plan_is_foreseen_once_every_service_was_promoted() -> None:
    load_bookverse()
    before = computed_plan(PlanRequest()).forecast
    finish(promote(created()))
    PromotionStep.objects.update(started_at=BEGAN, finished_at=BEGAN + timedelta(seconds=2))

    after = computed_plan(PlanRequest()).forecast

    assert before == Forecast(critical_path_ms=None, critical_path=(), barrier_ms=None, unknown=tuple(sorted(SERVICES)))
    assert after == Forecast(
        critical_path_ms=2_000 * len(PHASES),
        critical_path=("inventory", "checkout", "web", "helm"),
        barrier_ms=2_000 * len(PHASES),
        unknown=(),
    )
