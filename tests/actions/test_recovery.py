"""What follows a failure by itself: undoing a promotion, trying a rollback again, and the emergency recovery."""

from __future__ import annotations

import pytest

from releases.actions.recovery import ATTEMPTS, answer_failures, recover
from releases.domain.errors import Conflict, InvalidInput
from releases.models import Deployment, Freeze, Observation, Promotion, Release
from tests.factories import LIVE, finish, kinds, open_services, person, promoting, step_of, tell
from tests.flows.racing import unsound_journals

pytestmark = pytest.mark.django_db(transaction=True)


def failing(**request: str) -> Promotion:
    """Bring a promotion to QA as far as checkout's failure; the others of its phase have moved."""
    promotion = promoting("QA", **request)
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "recommendations", "succeeded")
    tell(promotion, "checkout", "failed", message="schema mismatch")
    promotion.refresh_from_db()
    return promotion


def taking_back() -> Promotion:
    """Return the rollback of a promotion that failed."""
    failing(on_failure="roll_back")
    answer_failures()
    return Promotion.objects.get(release__kind="rollback")


def fail(promotion: Promotion, service: str) -> None:
    """Let every try of a service fail, for as long as the board tries again by itself."""
    for _ in range(ATTEMPTS):
        tell(promotion, service, "failed", message="no disk")
        answer_failures()
    promotion.refresh_from_db()


def test_a_promotion_that_is_to_be_undone_goes_back_by_itself_when_a_service_fails() -> None:
    promotion = failing(on_failure="roll_back")
    answer_failures()
    rollback = Release.objects.get(kind="rollback")
    finish(rollback.promotions.get())
    promotion.refresh_from_db()
    running = dict(Deployment.objects.filter(stage__name="QA").values_list("service__slug", "version"))

    assert (promotion.state, running) == ("cancelled", LIVE)
    assert (rollback.rolls_back, rollback.created_by.get_username()) == (promotion.release, "maria")
    assert unsound_journals() == {}


def test_without_that_wish_a_person_decides() -> None:
    promotion = failing()
    answer_failures()
    promotion.refresh_from_db()

    assert (promotion.state, Release.objects.filter(kind="rollback").exists()) == ("held", False)


def test_where_there_is_no_way_back_a_person_decides_after_all() -> None:
    promotion = failing(on_failure="roll_back")
    Observation.objects.filter(stage__name="QA").delete()
    answer_failures()
    answer_failures()
    promotion.refresh_from_db()

    assert (promotion.state, promotion.on_failure) == ("held", "hold")
    assert kinds(promotion.release).count("rollback.refused") == 1


def test_a_service_that_fails_to_go_back_is_asked_again_before_anybody_is_called() -> None:
    promotion = taking_back()
    tell(promotion, "recommendations", "failed")
    answer_failures()
    promotion.refresh_from_db()

    assert (promotion.state, open_services(promotion)) == ("running", ["recommendations"])


def test_after_three_tries_it_waits_for_a_person() -> None:
    promotion = taking_back()
    fail(promotion, "recommendations")

    assert (promotion.state, step_of(promotion, "recommendations").attempt) == ("held", ATTEMPTS)


def test_the_emergency_recovery_freezes_the_stage_and_brings_everything_else_back() -> None:
    promotion = taking_back()
    fail(promotion, "recommendations")
    recover(actor=person(), version=promotion.release.version, reason="no disk left")
    tell(promotion, "inventory", "succeeded")
    promotion.refresh_from_db()
    left = step_of(promotion, "recommendations")
    freeze = Freeze.objects.get()

    assert (promotion.state, left.state, left.message) == (
        "succeeded",
        "skipped",
        "left behind by the emergency recovery: no disk",
    )
    assert (freeze.stage.name, freeze.reason) == (
        "QA",
        f"Emergency recovery of {promotion.release.version}: no disk left",
    )
    assert unsound_journals() == {}


def test_what_fails_during_the_recovery_is_left_behind_too() -> None:
    promotion = taking_back()
    fail(promotion, "recommendations")
    recover(actor=person(), version=promotion.release.version, reason="no disk left")
    tell(promotion, "inventory", "failed", message="no disk either")
    answer_failures()
    promotion.refresh_from_db()

    assert (promotion.state, step_of(promotion, "inventory").state) == ("succeeded", "skipped")


def test_only_a_rollback_that_fails_is_an_emergency() -> None:
    promotion = failing()
    with pytest.raises(Conflict) as refusal:
        recover(actor=person(), version=promotion.release.version, reason="no disk left")

    assert str(refusal.value) == (
        f"{promotion.version} can be rolled back; the emergency recovery is for a rollback that fails."
    )


def test_a_recovery_says_why() -> None:
    with pytest.raises(InvalidInput) as refusal:
        recover(actor=person(), version="2.2.0", reason=" ")

    assert refusal.value.field == "reason"
