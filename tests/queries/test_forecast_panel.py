"""When a promotion ends: what was foreseen at its start, what it waits for, and how well forecasts came true."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from releases.actions.steering import cancel, pause_promotion, resume_promotion
from releases.domain.forecasts import REMEMBERED, Calibration
from releases.domain.plans import PlanRequest
from releases.models import ApprovalRule, Promotion, Release, Stage
from releases.queries.forecast_panel import calibration_page
from releases.queries.forecasts import past_runs, stage_forecasts
from releases.queries.plans import computed_plan
from releases.queries.release_pages import release_view
from tests.factories import (
    LIVE,
    LOOKER,
    PHASES,
    bring,
    created,
    finish,
    load_bookverse,
    person,
    promote,
    promoting,
    tell,
)

if TYPE_CHECKING:
    from releases.queries.forecast_views import ForecastPanel

pytestmark = pytest.mark.django_db

TIMEOUT = 10_000
OTHERS = LIVE | {"inventory": "1.3.0"}


def panel() -> ForecastPanel:
    return release_view(Release.objects.select_related("created_by").latest("pk"), LOOKER).forecast


def last_took(seconds: float, stage: str = "DEV") -> None:
    """Let every step of the newest promotion to a stage have taken so long, one phase after the other."""
    promotion = Promotion.objects.filter(stage__name=stage).latest("pk")
    for step in promotion.steps.exclude(started_at=None):
        step.started_at = promotion.started_at + timedelta(seconds=seconds * step.phase)
        step.finished_at = step.started_at + timedelta(seconds=seconds)
        step.save()
    promotion.finished_at = promotion.started_at + timedelta(seconds=seconds * len(PHASES))
    promotion.save()


def run_often(times: int, seconds: float) -> None:
    """Bring releases to DEV, the newest and older versions in turn, so that every service moves every time."""
    for number in range(times):
        finish(promote(created(None, "", **(OTHERS if number % 2 else {}))))
        last_took(seconds)


def test_a_promotion_keeps_the_forecast_that_was_given_when_it_started() -> None:
    load_bookverse()
    finish(promote(created()))
    last_took(3)
    again = created(inventory="1.3.0", recommendations="2.1.0")
    promotion = promote(again)
    before = promotion.forecast
    finish(promotion)
    last_took(60)

    kept = Promotion.objects.get(pk=promotion.pk).forecast
    entry = again.entries.get(kind="promotion.started")

    assert kept == before
    assert before is not None
    assert (before["p50_ms"], before["p90_ms"], before["runs"]) == (6_000, 2 * TIMEOUT, 1)
    assert entry.payload["forecast"] == {
        "p50_ms": 6_000,
        "p90_ms": 2 * TIMEOUT,
        "basis": "from 1 run, so that the timeout is the bound",
    }


def test_what_a_stage_runs_already_takes_no_time() -> None:
    load_bookverse()
    finish(promote(created()))

    forecast = promote(created()).forecast

    assert forecast is not None
    assert (forecast["p50_ms"], forecast["p90_ms"], forecast["unknown"]) == (0, 0, [])


def test_without_a_run_the_timeout_is_the_bound() -> None:
    promotion = promoting()

    found = panel()

    assert (found.state, found.stage, found.eta_at) == ("running", "DEV", None)
    assert found.latest_at == promotion.started_at + timedelta(milliseconds=TIMEOUT * len(PHASES))
    assert found.forecast is not None
    assert found.forecast.basis == "no run there yet: the timeout is the bound"


def test_the_end_is_reckoned_anew_with_each_phase() -> None:
    load_bookverse()
    finish(promote(created()))
    last_took(2)
    promotion = promote(created(None, "", **OTHERS))
    tell(promotion, "inventory", "succeeded")

    asked = promotion.sessions.latest("pk").opened_at

    assert panel().eta_at == asked + timedelta(seconds=2 * (len(PHASES) - 1))


def test_a_pause_is_peoples_time_and_not_the_services() -> None:
    promotion = promoting()
    pause_promotion(actor=person(), version=promotion.version)
    waiting = panel()
    Promotion.objects.update(waiting_since=timezone.now() - timedelta(minutes=5))
    resume_promotion(actor=person(), version=promotion.version)

    promotion.refresh_from_db()

    assert (waiting.state, waiting.eta_at, waiting.left_p90_ms) == ("waiting", None, TIMEOUT * len(PHASES))
    assert waiting.waits == ("It is paused: somebody has to resume it.",)
    assert (promotion.waiting_since, promotion.waited_ms // 1_000) == (None, 300)
    assert panel().state == "running"


def test_a_held_promotion_waits_until_somebody_decides() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")

    found = panel()

    assert (found.state, found.waits) == (
        "waiting",
        ("A service failed: somebody has to retry it, skip it or take the release back.",),
    )
    assert found.waiting_since == Promotion.objects.get(pk=promotion.pk).waiting_since


def test_a_held_promotion_that_is_paused_waits_since_it_was_held() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    held = Promotion.objects.get(pk=promotion.pk).waiting_since
    pause_promotion(actor=person(), version=promotion.version)

    assert Promotion.objects.get(pk=promotion.pk).waiting_since == held


def test_between_stages_the_next_one_is_foreseen_beside_what_it_waits_for() -> None:
    load_bookverse()
    ApprovalRule.objects.create(stage=Stage.objects.get(name="QA"), count=1)
    bring(created(), "DEV")

    found = panel()

    assert (found.state, found.stage, len(found.waits)) == ("ahead", "QA", 1)
    assert found.ended is not None
    assert (found.ended.outcome.stage, found.ended.state) == ("DEV", "within_p90")


def test_after_the_last_stage_nothing_is_left_to_foresee() -> None:
    load_bookverse()
    bring(created())

    assert (panel().state, panel().forecast) == ("none", None)


def test_a_promotion_of_before_there_were_forecasts_has_none() -> None:
    promoting()
    Promotion.objects.update(forecast=None)

    assert (panel().state, panel().forecast, panel().latest_at) == ("running", None, None)


def test_only_the_last_successes_in_that_stage_count() -> None:
    load_bookverse()
    run_often(REMEMBERED + 2, 2)

    runs = past_runs(*Stage.objects.filter(name__in=["DEV", "QA"]))

    assert ({len(each) for each in runs["DEV"].values()}, runs["QA"]) == ({REMEMBERED}, {})


def test_a_plan_foresees_every_stage_on_its_way_with_what_it_waits_for() -> None:
    load_bookverse()
    qa = Stage.objects.get(name="QA")
    qa.soak_minutes, qa.requires_validation = 30, True
    qa.save()
    ApprovalRule.objects.create(stage=qa, count=2)

    found = stage_forecasts(computed_plan(PlanRequest()))

    assert [stage.stage for stage in found] == ["DEV", "QA", "STAGING", "PROD"]
    assert found[0].waits == ()
    assert found[1].waits == (
        "QA takes what has run 30 minutes in DEV; it does not run there yet",
        "QA takes what passed its validation in DEV; it was not validated yet",
        "QA needs 2 sign-offs of role approver",
    )


def test_calibration_counts_what_ended_within_its_forecast() -> None:
    load_bookverse()
    run_often(7, 2)
    last_took(200)
    cancelled = created(None, "", **OTHERS)
    promote(cancelled)
    cancel(actor=person(), version=cancelled.version, reason="superseded")

    page = calibration_page()

    assert page.stages[0] == Calibration(stage="DEV", ended=7, with_p50=6, within_p50=5, within_p90=6)
    assert (page.considered, page.cancelled, page.newest[0].state) == (7, 1, "past_p90")
    assert [stage.ended for stage in page.stages[1:]] == [0, 0, 0]


def test_more_promotions_cost_no_more_queries() -> None:
    load_bookverse()

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            calibration_page()
        return len(asked)

    finish(promote(created()))
    alone = queries()
    run_often(3, 1)

    assert queries() == alone
