"""Steering an open promotion: hold, retry, skip, pause, resume and cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.domain.errors import Conflict, InvalidInput, NotFound
from tests import factories
from tests.factories import created, finish, load_bookverse, person, promote, promoting, tell

if TYPE_CHECKING:
    from releases.models import Promotion

pytestmark = pytest.mark.django_db


def states(promotion: Promotion) -> dict[str, str]:
    return dict(promotion.steps.values_list("service__slug", "state"))


@pytest.mark.parametrize("outcome", ["failed", "rejected"])
def test_a_service_that_does_not_make_it_holds_the_promotion(outcome: str) -> None:
    promotion = promoting()
    tell(promotion, "inventory", outcome)

    promotion.refresh_from_db()

    assert (promotion.state, promotion.release.state) == ("held", "held")


def test_a_held_promotion_asks_nobody_of_the_next_phase() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "failed")
    tell(promotion, "recommendations", "succeeded")

    assert states(promotion)["web"] == "pending"
    assert factories.open_services(promotion) == []


def test_a_retry_asks_only_the_service_that_failed_in_a_session_of_its_own() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "recommendations", "succeeded")
    tell(promotion, "checkout", "failed")
    before = promotion.sessions.count()

    attempt = retry_step(actor=person(), version="2.2.0-alpha.1", service="checkout")

    slots = factories.session_of(promotion).dispatches.values_list("step__service__slug", "attempt")
    assert (attempt, promotion.sessions.count() - before, list(slots)) == (2, 1, [("checkout", 2)])


def test_a_retry_that_succeeds_lets_the_promotion_go_on() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    retry_step(actor=person(), version="2.2.0-alpha.1", service="inventory")
    tell(promotion, "inventory", "succeeded")

    promotion.refresh_from_db()

    assert (promotion.state, factories.open_services(promotion)) == ("running", ["checkout", "recommendations"])


def test_a_promotion_stays_held_until_every_failed_service_is_seen_to() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "failed")
    tell(promotion, "recommendations", "failed")
    retry_step(actor=person(), version="2.2.0-alpha.1", service="checkout")

    promotion.refresh_from_db()

    assert promotion.state == "held"


def test_a_service_can_be_skipped_with_a_reason() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    skip_step(actor=person(), version="2.2.0-alpha.1", service="inventory", reason="done by hand")

    step = factories.step_of(promotion, "inventory")

    assert (step.state, step.message) == ("skipped", "done by hand")
    assert factories.open_services(promotion) == ["checkout", "recommendations"]


@pytest.mark.parametrize("stage", ["DEV", "PROD"])
def test_skipping_the_last_service_ends_the_promotion(stage: str) -> None:
    promotion = promoting(stage)
    for service in ("inventory", "checkout", "recommendations", "web"):
        tell(promotion, service, "succeeded")
    tell(promotion, "helm", "failed")
    skip_step(actor=person(), version=promotion.version, service="helm", reason="the chart is unchanged in effect")

    promotion.refresh_from_db()

    assert promotion.state == "succeeded"


def test_a_skip_without_a_reason_is_refused() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")

    with pytest.raises(InvalidInput) as refusal:
        skip_step(actor=person(), version="2.2.0-alpha.1", service="inventory", reason="  ")

    assert refusal.value.field == "reason"


@pytest.mark.parametrize("verb", [retry_step, skip_step])
def test_a_service_that_did_not_fail_can_be_neither_retried_nor_skipped(verb: object) -> None:
    promoting()
    more = {"reason": "why not"} if verb is skip_step else {}

    with pytest.raises(Conflict, match="only a service that failed"):
        verb(actor=person(), version="2.2.0-alpha.1", service="inventory", **more)  # type: ignore[operator]


def test_a_service_outside_the_promotion_cannot_be_retried() -> None:
    promoting()

    with pytest.raises(NotFound):
        retry_step(actor=person(), version="2.2.0-alpha.1", service="nobody")


def test_a_paused_promotion_takes_results_but_opens_no_phase() -> None:
    promotion = promoting()
    pause_promotion(actor=person(), version="2.2.0-alpha.1", reason="lunch")
    tell(promotion, "inventory", "succeeded")

    assert states(promotion) == dict.fromkeys(factories.SERVICES, "pending") | {"inventory": "succeeded"}
    assert factories.open_services(promotion) == []


def test_a_resumed_promotion_goes_on_where_it_was() -> None:
    promotion = promoting()
    pause_promotion(actor=person(), version="2.2.0-alpha.1")
    tell(promotion, "inventory", "succeeded")
    resume_promotion(actor=person(), version="2.2.0-alpha.1")

    assert factories.open_services(promotion) == ["checkout", "recommendations"]


def test_a_failure_during_a_pause_holds_the_promotion_once_it_is_resumed() -> None:
    promotion = promoting()
    pause_promotion(actor=person(), version="2.2.0-alpha.1")
    tell(promotion, "inventory", "failed")
    resume_promotion(actor=person(), version="2.2.0-alpha.1")

    promotion.refresh_from_db()

    assert (promotion.state, promotion.release.state) == ("held", "held")


def test_a_paused_promotion_cannot_be_paused_again() -> None:
    promoting()
    pause_promotion(actor=person(), version="2.2.0-alpha.1")

    with pytest.raises(Conflict, match="already paused"):
        pause_promotion(actor=person(), version="2.2.0-alpha.1")


def test_a_running_promotion_cannot_be_resumed() -> None:
    promoting()

    with pytest.raises(Conflict, match="not paused, but running"):
        resume_promotion(actor=person(), version="2.2.0-alpha.1")


def test_a_paused_promotion_retries_nothing() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    pause_promotion(actor=person(), version="2.2.0-alpha.1")

    with pytest.raises(Conflict, match="is paused: resume it first"):
        retry_step(actor=person(), version="2.2.0-alpha.1", service="inventory")


def test_a_cancelled_promotion_leaves_what_is_done_and_ends_the_rest() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "succeeded")
    cancel(actor=person(), version="2.2.0-alpha.1", reason="wrong day")

    promotion.refresh_from_db()

    assert promotion.state == "cancelled"
    assert states(promotion) == dict.fromkeys(factories.SERVICES, "cancelled") | {
        "inventory": "succeeded",
        "checkout": "succeeded",
    }


def test_a_release_whose_first_promotion_was_cancelled_is_planned_again() -> None:
    promotion = promoting()
    cancel(actor=person(), version="2.2.0-alpha.1")

    promotion.release.refresh_from_db()

    assert promotion.release.state == "planned"


def test_a_release_whose_later_promotion_was_cancelled_waits_in_the_stage_before() -> None:
    promotion = promoting("QA")
    cancel(actor=person(), version="2.2.0-beta.1")

    promotion.release.refresh_from_db()

    assert promotion.release.state == "waiting"


def test_a_cancel_repeated_with_its_key_cancels_the_promotion_and_not_the_release_too() -> None:
    promotion = promoting()

    for _ in range(2):
        cancel(actor=person(), version="2.2.0-alpha.1", key="click-1")

    promotion.refresh_from_db()
    assert (promotion.state, promotion.release.state) == ("cancelled", "planned")


def test_cancelling_without_an_open_promotion_gives_the_release_up() -> None:
    load_bookverse()
    release = created()
    cancel(actor=person(), version=release.version, reason="superseded")

    release.refresh_from_db()

    assert release.state == "cancelled"
    with pytest.raises(Conflict, match="is cancelled"):
        promote(release)


def test_a_retry_that_is_sent_twice_is_one_attempt() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    retry: dict[str, Any] = {"actor": person(), "version": "2.2.0-alpha.1", "service": "inventory", "key": "click"}

    assert [retry_step(**retry), retry_step(**retry)] == [2, 2]
    assert factories.step_of(promotion, "inventory").attempt == 2


def test_a_retry_repeated_after_the_promotion_ended_is_answered_as_before() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    retry: dict[str, Any] = {"actor": person(), "version": "2.2.0-alpha.1", "service": "inventory", "key": "click"}
    retry_step(**retry)
    promotion.refresh_from_db()
    finish(promotion)

    assert retry_step(**retry) == 2
