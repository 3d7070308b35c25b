"""Self-healing: off unless switched on, only for what got lost, a few times, and on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions.healing import heal
from releases.actions.sweeping import end_overdue_slots
from releases.models import AggregationSession, Dispatch, Freeze, PromotionStep, Release
from releases.queries.clock import database_now
from tests.factories import finish, kinds, promoting, session_of, slot, step_of, tell
from tests.threads import at_once

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from releases.models import Promotion

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def healing(settings: Settings) -> Settings:
    settings.SELF_HEALING = True
    settings.SELF_HEALING_TRIES = 2
    return settings


def lose(promotion: Promotion) -> None:
    """Let the deadline of what is open pass long ago."""
    past = database_now() - timedelta(minutes=1)
    AggregationSession.objects.filter(closed_at=None).update(deadline_at=past)
    end_overdue_slots()
    PromotionStep.objects.filter(finished_at__isnull=False).update(finished_at=past)
    promotion.refresh_from_db()


def healed(promotion: Promotion) -> list[dict[str, object]]:
    entries = promotion.release.entries.filter(kind="promotion.healed").order_by("sequence")
    return list(entries.values_list("payload", flat=True))


def test_nothing_is_tried_while_it_is_switched_off() -> None:
    promotion = promoting()
    lose(promotion)

    assert (heal(), promotion.state, healed(promotion)) == (0, "held", [])


def test_what_got_lost_is_asked_again_and_goes_on(healing: Settings) -> None:
    promotion = promoting()
    lose(promotion)
    heal()
    promotion.refresh_from_db()

    assert (promotion.state, slot(promotion, "inventory").attempt) == ("running", 2)
    assert healed(promotion) == [
        {"stage": "DEV", "act": "retry", "services": ["inventory"], "reason": "deadline", "tries": 1}
    ]
    assert kinds(promotion.release)[-3:] == ["promotion.healed", "session.opened", "step.retried"]
    finish(promotion)
    assert promotion.state == "succeeded"


def test_it_is_tried_a_few_times_and_then_left_to_people(healing: Settings) -> None:
    promotion = promoting()
    for _ in range(4):
        lose(promotion)
        heal()
    promotion.refresh_from_db()

    assert (promotion.state, len(healed(promotion)), slot(promotion, "inventory").attempt) == ("held", 2, 3)


def test_a_service_that_said_no_is_not_asked_again(healing: Settings) -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed", message="schema mismatch")
    PromotionStep.objects.filter(finished_at__isnull=False).update(finished_at=F("finished_at") - timedelta(hours=1))
    heal()

    assert (slot(promotion, "inventory").attempt, healed(promotion)) == (1, [])


def test_what_only_just_failed_waits(healing: Settings) -> None:
    promotion = promoting()
    lose(promotion)
    PromotionStep.objects.filter(finished_at__isnull=False).update(finished_at=database_now())
    heal()

    assert healed(promotion) == []


def test_nothing_is_tried_in_a_frozen_stage(healing: Settings) -> None:
    promotion = promoting()
    lose(promotion)
    now = database_now()
    Freeze.objects.create(
        stage=promotion.stage, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1), reason="audit"
    )
    heal()

    assert healed(promotion) == []


def test_of_several_processes_one_heals(healing: Settings) -> None:
    promotion = promoting()
    lose(promotion)
    at_once(*[heal] * 4)

    assert (slot(promotion, "inventory").attempt, len(healed(promotion))) == (2, 1)


def stuck() -> Promotion:
    """A promotion whose second phase was never opened, long ago."""
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    lost = session_of(promotion)
    Dispatch.objects.filter(session=lost).delete()
    lost.delete()
    PromotionStep.objects.filter(promotion=promotion, phase=1).update(attempt=0, state="pending", started_at=None)
    long_ago = database_now() - timedelta(minutes=5)
    type(promotion).objects.update(started_at=long_ago)
    Release.objects.update(updated_at=long_ago)
    promotion.refresh_from_db()
    return promotion


def test_a_promotion_that_got_stuck_is_woken(healing: Settings) -> None:
    promotion = stuck()
    heal()

    assert [payload["act"] for payload in healed(promotion)] == ["restart"]
    assert sorted(session_of(promotion).dispatches.values_list("step__service__slug", flat=True)) == [
        "checkout",
        "recommendations",
    ]


def test_what_does_not_wake_is_not_woken_for_ever(healing: Settings) -> None:
    promotion = stuck()
    # Nothing that is looked at moves it: as if its service's step had never ended.
    PromotionStep.objects.filter(promotion=promotion).update(attempt=1, state="in_progress")
    for _ in range(4):
        Release.objects.update(updated_at=database_now() - timedelta(minutes=5))
        heal()

    assert [payload["tries"] for payload in healed(promotion)] == [1, 2]


def test_a_promotion_that_waits_for_a_service_is_not_stuck(healing: Settings) -> None:
    promotion = promoting()
    long_ago = database_now() - timedelta(minutes=5)
    type(promotion).objects.update(started_at=long_ago)
    Release.objects.update(updated_at=long_ago)

    assert (heal(), step_of(promotion, "inventory").attempt) == (0, 1)
