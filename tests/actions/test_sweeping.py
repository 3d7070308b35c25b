"""Whatever is due is found by a sweep, by any process, any number of times."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions import sweeping
from releases.actions.ledger import Ledger, open_ledger
from releases.actions.steering import pause_promotion
from releases.actions.sweeping import end_overdue_slots, grant_absence
from releases.models import AggregationSession, Dispatch, Pulse
from releases.queries.clock import database_now
from tests import factories
from tests.factories import person, promoting, slot, step_of, tell
from tests.threads import at_once

if TYPE_CHECKING:
    from releases.models import Promotion

SECOND = timedelta(seconds=1)


def move_deadline(by: timedelta) -> None:
    AggregationSession.objects.update(deadline_at=F("deadline_at") + by)


def move_leases(by: timedelta) -> None:
    Dispatch.objects.update(lease_until=F("lease_until") + by)


def long_ago(promotion: Promotion, by: timedelta) -> None:
    """Let everything that was noted so far have happened earlier."""
    promotion.sessions.update(opened_at=F("opened_at") - by)
    Dispatch.objects.update(heard_at=F("heard_at") - by, sent_at=F("sent_at") - by, opened_at=F("opened_at") - by)


@pytest.mark.django_db
def test_mistake_47_a_service_past_the_deadline_has_timed_out_and_is_told_from_one_that_failed() -> None:
    promotion = promoting(timeout_ms=10_000)
    tell(promotion, "inventory", "accepted")
    move_deadline(-11 * SECOND)

    end_overdue_slots()

    step = step_of(promotion, "inventory")
    assert (step.state, step.reason, step.message) == ("timed_out", "deadline", "No result within 10 s.")


@pytest.mark.django_db
def test_a_service_that_falls_silent_has_timed_out_before_the_deadline() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "progress")
    move_leases(-31 * SECOND)

    end_overdue_slots()

    step = step_of(promotion, "inventory")
    assert (step.state, step.reason) == ("timed_out", "silent")


@pytest.mark.django_db
def test_nothing_happens_before_its_time() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")

    assert end_overdue_slots() == 0
    assert step_of(promotion, "inventory").state == "accepted"


@pytest.mark.django_db
def test_a_phase_that_nobody_has_reached_yet_has_no_deadline() -> None:
    promotion = promoting()
    long_ago(promotion, timedelta(hours=1))

    assert (end_overdue_slots(), step_of(promotion, "inventory").state) == (0, "pending")


@pytest.mark.django_db
def test_a_second_sweep_changes_nothing() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    move_deadline(-30 * SECOND)
    end_overdue_slots()
    told = factories.kinds(promotion.release)

    assert end_overdue_slots() == 0
    assert factories.kinds(promotion.release) == told


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_time_a_slot_out_once() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    move_deadline(-30 * SECOND)

    at_once(*[end_overdue_slots] * 4)

    told = factories.kinds(promotion.release)
    assert (told.count("slot.closed"), told.count("session.closed")) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_result_and_a_sweep_at_the_same_moment_close_the_slot_once() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    move_deadline(-30 * SECOND)

    at_once(end_overdue_slots, lambda: tell(promotion, "inventory", "succeeded"))

    closings = promotion.release.entries.filter(service="inventory", kind="slot.closed")
    assert [entry.payload["state"] for entry in closings] == [slot(promotion, "inventory").state]


@pytest.mark.django_db
def test_a_deadline_also_passes_while_the_promotion_is_paused() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    pause_promotion(actor=person(), version=promotion.version)
    move_deadline(-30 * SECOND)
    end_overdue_slots()

    promotion.refresh_from_db()

    assert (step_of(promotion, "inventory").state, promotion.state) == ("timed_out", "paused")


@pytest.mark.django_db
def test_the_time_that_the_board_was_away_is_granted() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    long_ago(promotion, 60 * SECOND)
    grant_absence()
    Pulse.objects.update(at=F("at") - 60 * SECOND)
    before = factories.session_of(promotion).deadline_at
    grant_absence()

    granted = factories.session_of(promotion).deadline_at

    assert before is not None
    assert granted is not None
    assert round((granted - before).total_seconds()) == 60
    assert factories.kinds(promotion.release)[-1] == "deadline.extended"


@pytest.mark.django_db
def test_an_absence_also_prolongs_the_leases() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    long_ago(promotion, 60 * SECOND)
    grant_absence()
    Pulse.objects.update(at=F("at") - 60 * SECOND)
    before = slot(promotion, "inventory").lease_until
    grant_absence()

    granted = slot(promotion, "inventory").lease_until

    assert before is not None
    assert granted is not None
    assert round((granted - before).total_seconds()) == 60


@pytest.mark.django_db
def test_an_absence_is_granted_once() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    long_ago(promotion, 60 * SECOND)
    grant_absence()
    Pulse.objects.update(at=F("at") - 60 * SECOND)
    grant_absence()
    grant_absence()

    assert factories.kinds(promotion.release).count("deadline.extended") == 1


@pytest.mark.django_db
def test_what_happened_while_the_sweeper_waited_for_its_turn_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    long_ago(promotion, 60 * SECOND)
    grant_absence()
    Pulse.objects.update(at=F("at") - 60 * SECOND)
    before = factories.session_of(promotion).deadline_at

    def be_overtaken(*, release_id: int, actor: str) -> Ledger:
        Dispatch.objects.update(heard_at=database_now())
        return open_ledger(release_id=release_id, actor=actor)

    monkeypatch.setattr(sweeping, "open_ledger", be_overtaken)

    grant_absence()

    assert factories.session_of(promotion).deadline_at == before
    assert "deadline.extended" not in factories.kinds(promotion.release)


@pytest.mark.django_db
def test_a_session_that_closed_while_the_sweeper_waited_gets_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    long_ago(promotion, 60 * SECOND)
    grant_absence()
    Pulse.objects.update(at=F("at") - 60 * SECOND)

    def be_overtaken(*, release_id: int, actor: str) -> Ledger:
        AggregationSession.objects.update(state="failed", closed_at=F("opened_at"), summary={})
        return open_ledger(release_id=release_id, actor=actor)

    monkeypatch.setattr(sweeping, "open_ledger", be_overtaken)

    grant_absence()

    assert "deadline.extended" not in factories.kinds(promotion.release)


@pytest.mark.django_db
def test_a_pulse_from_before_the_session_grants_nothing() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    grant_absence()
    Pulse.objects.update(at=F("at") - timedelta(hours=8))

    grant_absence()

    assert "deadline.extended" not in factories.kinds(promotion.release)


@pytest.mark.django_db
def test_a_board_without_open_sessions_keeps_no_pulse() -> None:
    factories.load_bookverse()

    grant_absence()

    assert Pulse.objects.count() == 0
