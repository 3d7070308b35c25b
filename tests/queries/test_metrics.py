"""The metrics of what really happened on a board."""

from __future__ import annotations

from datetime import timedelta

import pytest

from releases.actions.health import keep_health
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.steering import retry_step
from releases.domain.objectives import Objective
from releases.models import AggregationSession, Delivery, HealthReport, Promotion, Release, Subscription
from releases.queries.clock import database_now
from releases.queries.metrics import metrics
from tests.factories import bring, created, finish, load_bookverse, person, promote, tell

pytestmark = pytest.mark.django_db


def measure(objective: Objective) -> tuple[float, float]:
    [found] = [each for each in metrics().objectives if each.objective is objective]
    return found.good, found.total


@pytest.fixture
def released() -> Release:
    load_bookverse()
    release = created()
    bring(release)
    return release


def test_a_board_on_which_nothing_happened_has_no_changes(db: None) -> None:
    load_bookverse()

    assert metrics().has_changes is False


def test_a_release_counts_once_it_is_in_the_last_stage(db: None) -> None:
    load_bookverse()
    release = created()
    bring(release, "DEV", "QA", "STAGING")
    before = metrics().dora.deployments
    bring(release, "PROD")

    assert (before, metrics().dora.deployments, metrics().dora.failed) == (0, 1, 0)


def test_a_release_that_was_taken_back_failed_and_was_recovered_from(released: Release) -> None:
    roll_back(actor=person(), request=RollbackRequest(version=released.version, reason="broken", stage="PROD"))
    under_way = metrics().dora
    finish(Promotion.objects.latest("pk"))
    back = metrics().dora

    assert (under_way.changes, under_way.failed, under_way.recoveries) == (1, 1, 0)
    assert (back.deployments, back.failed, back.recoveries) == (1, 1, 1)


def test_orders_that_failed_count_against_the_services(db: None) -> None:
    load_bookverse()
    promotion = promote(created())
    tell(promotion, "inventory", "failed")
    retry_step(actor=person(), version=promotion.release.version, service="inventory")
    finish(promotion)

    assert measure(Objective.STEPS) == (5, 6)


def test_a_session_that_closed_long_after_its_deadline_was_not_in_time(released: Release) -> None:
    now = database_now()
    AggregationSession.objects.update(deadline_at=now, closed_at=now + timedelta(seconds=2))
    last = AggregationSession.objects.latest("pk")
    AggregationSession.objects.filter(pk=last.pk).update(closed_at=now + timedelta(seconds=3))

    assert measure(Objective.PUNCTUALITY) == (15, 16)


def test_messages_that_were_given_up_did_not_arrive(db: None) -> None:
    load_bookverse()
    Subscription.objects.create(name="ops", url="http://127.0.0.1:9/", events="*")
    created()
    bring(Release.objects.get(), "DEV")
    Delivery.objects.update(delivered_at=database_now())
    first = Delivery.objects.earliest("pk")
    Delivery.objects.filter(pk=first.pk).update(delivered_at=None, gave_up_at=database_now())
    total = Delivery.objects.count()

    assert measure(Objective.DELIVERIES) == (total - 1, total)


def test_the_platform_served_while_it_was_known_not_to_be_unhealthy(db: None) -> None:
    load_bookverse()
    keep_health()
    now = database_now()
    HealthReport.objects.update(status="DEGRADED", began_at=now - timedelta(hours=1), checked_at=now)

    good, total = measure(Objective.AVAILABILITY)

    assert good == total == pytest.approx(3600, abs=5)
