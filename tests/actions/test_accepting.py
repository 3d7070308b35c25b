"""A success that came too late: kept, shown, and counted only once a person accepts it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions.accepting import accept_late_result
from releases.actions.callbacks import record_callback
from releases.actions.ledger import StalePage
from releases.actions.steering import cancel, pause_promotion, retry_step
from releases.actions.sweeping import end_overdue_slots
from releases.domain.access import Role
from releases.domain.errors import Conflict, NotFound, PermissionRefused
from releases.domain.replay import fold
from releases.domain.replayed import first_difference
from releases.models import AggregationSession, Deployment, Release, Stage
from releases.queries.forecasts import step_durations
from releases.queries.journal_checks import journal_problems
from releases.queries.release_pages import release_view
from releases.queries.replay import journal_of, stored_release
from tests import factories
from tests.factories import LOOKER, finish, person, promoting, say, slot, tell

if TYPE_CHECKING:
    from releases.models import Promotion

pytestmark = pytest.mark.django_db
VERSION = "2.2.0-alpha.1"


def accept(service: str = "inventory", **more: object) -> None:
    accept_late_result(actor=person(), version=VERSION, service=service, **more)  # type: ignore[arg-type]


def let_time_run_out() -> None:
    AggregationSession.objects.update(deadline_at=F("opened_at") - timedelta(seconds=1))
    end_overdue_slots()


def overtaken(status: str = "failed", message: str = "after all") -> Promotion:
    """A promotion that is held by inventory, which then reported success."""
    promotion = promoting()
    tell(promotion, "inventory", status, message="disk full")
    tell(promotion, "inventory", "succeeded", message=message)
    promotion.refresh_from_db()
    return promotion


def timed_out() -> Promotion:
    """A promotion that is held by inventory, which said nothing in time and succeeded then."""
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    let_time_run_out()
    tell(promotion, "inventory", "succeeded", message="after all")
    promotion.refresh_from_db()
    return promotion


def refusal(service: str = "inventory") -> str:
    with pytest.raises(Conflict) as refused:
        accept(service)
    return refused.value.message


def test_a_late_success_alone_changes_nothing() -> None:
    promotion = timed_out()

    assert (promotion.state, factories.step_of(promotion, "inventory").state) == ("held", "timed_out")


@pytest.mark.parametrize("first", ["timed out", "failed", "rejected"])
def test_an_accepted_success_counts_and_the_promotion_goes_on(first: str) -> None:
    promotion = timed_out() if first == "timed out" else overtaken(first)
    accept()

    promotion.refresh_from_db()
    step = factories.step_of(promotion, "inventory")
    assert (step.state, step.reason, step.message, step.percent) == ("succeeded", "late_result", "after all", 100)
    assert (promotion.state, factories.open_services(promotion)) == ("running", ["checkout", "recommendations"])


def test_what_was_accepted_is_what_the_service_runs() -> None:
    promotion = timed_out()
    accept()

    running = Deployment.objects.get(stage=promotion.stage, service__slug="inventory")
    assert (running.version, running.step) == ("1.4.0", factories.step_of(promotion, "inventory"))


def test_the_attempt_and_the_summary_of_its_session_stay_as_they_were_closed() -> None:
    promotion = timed_out()
    session = factories.session_of(promotion)
    before = (session.state, session.summary, slot(promotion, "inventory").state)
    accept()

    session.refresh_from_db()
    assert (session.state, session.summary, slot(promotion, "inventory").state) == before
    assert before[::2] == ("timed_out", "timed_out")


def test_accepting_the_last_service_ends_the_promotion() -> None:
    promotion = promoting()
    for service in ("inventory", "checkout", "recommendations", "web"):
        tell(promotion, service, "succeeded")
    tell(promotion, "helm", "failed")
    tell(promotion, "helm", "succeeded")
    accept("helm")

    promotion.refresh_from_db()
    stage = Stage.objects.select_related("live_version").get(name="DEV")
    assert stage.live_version is not None
    assert (promotion.state, stage.live_version.version) == ("succeeded", VERSION)


def test_a_promotion_stays_held_until_every_failed_service_is_decided() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    for service in ("checkout", "recommendations"):
        tell(promotion, service, "failed")
    tell(promotion, "checkout", "succeeded")
    accept("checkout")

    promotion.refresh_from_db()
    assert promotion.state == "held"


def test_the_journal_says_who_accepted_what_and_tells_what_the_tables_hold() -> None:
    promotion = timed_out()
    accept()
    finish(Release.objects.get().promotions.get())

    release = Release.objects.select_related("created_by").get()
    entry = release.entries.get(kind="step.accepted")
    late = slot(promotion, "inventory").callbacks.get(status="succeeded")
    assert (entry.actor, entry.service, entry.payload) == (
        "maria",
        "inventory",
        {"attempt": 1, "message": "after all", "reported_at": late.received_at.isoformat()},
    )
    assert first_difference(fold(journal_of(release)), stored_release(release)) is None
    assert journal_problems(release.pk) == ()


def test_a_service_took_as_long_as_it_said_and_not_until_somebody_accepted_it() -> None:
    promotion = timed_out()
    accept()

    step, late = (
        factories.step_of(promotion, "inventory"),
        slot(promotion, "inventory").callbacks.get(status="succeeded"),
    )
    assert step.started_at is not None
    assert step.finished_at == late.received_at
    assert step_durations() == {"inventory": round((late.received_at - step.started_at).total_seconds() * 1000)}


def test_a_service_that_failed_and_said_nothing_more_cannot_be_accepted() -> None:
    tell(promoting(), "inventory", "failed")

    assert refusal() == "inventory has reported no result of its last attempt that came too late."


def test_a_service_that_took_its_late_success_back_cannot_be_accepted() -> None:
    promotion = timed_out()
    tell(promotion, "inventory", "failed")

    assert refusal() == "inventory reported failed when it was late; only a success can be accepted."


def test_the_late_success_of_an_earlier_attempt_cannot_be_accepted() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    first = slot(promotion, "inventory")
    retry_step(actor=person(), version=VERSION, service="inventory")
    tell(promotion, "inventory", "failed")
    say(first, "succeeded")

    assert refusal() == "inventory has reported no result of its last attempt that came too late."


def test_late_progress_is_no_success() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    tell(promotion, "inventory", "progress", percent=99)

    assert refusal() == "inventory has reported no result of its last attempt that came too late."


def test_a_paused_promotion_is_resumed_first() -> None:
    overtaken()
    pause_promotion(actor=person(), version=VERSION)

    assert refusal() == "The promotion to DEV is paused: resume it first."


def test_after_the_promotion_nothing_is_accepted_but_the_page_still_says_what_came_late() -> None:
    promotion = overtaken()
    cancel(actor=person(), version=VERSION)

    assert refusal() == "No promotion of 2.2.0-alpha.1 is open."
    late = release_view(Release.objects.select_related("created_by").get(), LOOKER).step("inventory").late_result
    assert late is not None
    assert (late.status.value, promotion.steps.get(service__slug="inventory").state) == ("succeeded", "cancelled")


def test_a_service_outside_the_promotion_is_not_found() -> None:
    overtaken()

    with pytest.raises(NotFound):
        accept("nobody")


def test_a_viewer_accepts_nothing() -> None:
    overtaken()

    with pytest.raises(PermissionRefused):
        accept_late_result(actor=person("vera", Role.VIEWER), version=VERSION, service="inventory")


def test_who_did_not_see_what_others_decided_is_told() -> None:
    overtaken()

    with pytest.raises(StalePage):
        accept(lock_version=0)


def test_what_is_accepted_twice_with_one_key_is_accepted_once() -> None:
    overtaken()
    for _ in range(2):
        accept(key="click")

    assert Release.objects.get().entries.filter(kind="step.accepted").count() == 1


def test_the_page_points_out_a_late_success_until_it_is_accepted() -> None:
    overtaken(message="slow disk")
    before = release_view(Release.objects.select_related("created_by").get(), LOOKER)
    accept()
    after = release_view(Release.objects.select_related("created_by").get(), LOOKER)

    late = before.step("inventory").late_result
    assert late is not None
    assert (late.status.value, late.message) == ("succeeded", "slow disk")
    assert before.summary == (
        "1 of 5 services failed, the promotion is held. inventory succeeded too late: accept that, or retry or skip."
    )
    assert (before.step("inventory").accept.allowed, after.step("inventory").late_result) == (True, None)


def test_the_page_points_out_a_failure_that_contradicts_a_success() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "inventory", "failed", message="rolled back")

    late = release_view(Release.objects.select_related("created_by").get(), LOOKER).step("inventory").late_result
    assert late is not None
    assert (late.status.value, late.message) == ("failed", "rolled back")


def test_a_failure_that_was_assumed_already_is_not_pointed_out() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    let_time_run_out()
    tell(promotion, "inventory", "failed")

    assert (
        release_view(Release.objects.select_related("created_by").get(), LOOKER).step("inventory").late_result is None
    )


def test_a_success_that_is_repeated_after_it_was_accepted_is_a_duplicate() -> None:
    promotion = overtaken()
    dispatch = slot(promotion, "inventory")
    accept()

    receipt = record_callback(callback=factories.incoming(dispatch, "succeeded"), token=factories.token_of(dispatch))
    assert receipt.duplicate is True
