"""A service that can tell how far it is is asked before it has timed out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions.asking import ask_overdue_services
from releases.actions.dispatches import send_due_dispatches
from releases.actions.steering import cancel
from releases.actions.sweeping import end_overdue_slots
from releases.clients import questions
from releases.clients.services import status_url
from releases.models import AggregationSession, Dispatch, Promotion
from tests import factories
from tests.factories import person, slot, step_of, tell
from tests.fakes.service import Reply
from tests.threads import at_once

if TYPE_CHECKING:
    from tests.fakes.service import FakeService

SECOND = timedelta(seconds=1)


def overdue(service: FakeService, location: str = "/inventory/deployments/1") -> Promotion:
    """Bring a promotion to where its first service is late, with what it said of where to ask."""
    factories.load_bookverse(service.url)
    promotion = factories.promote(factories.created())
    service.answer(202, Location=location)
    send_due_dispatches()
    AggregationSession.objects.update(deadline_at=F("opened_at") - SECOND)
    return promotion


def silent(service: FakeService) -> Promotion:
    """The same, but it is only the service's silence that has lasted too long."""
    promotion = overdue(service)
    AggregationSession.objects.update(deadline_at=F("opened_at") + timedelta(hours=1))
    Dispatch.objects.update(lease_until=F("opened_at") - SECOND)
    return promotion


def outcome(promotion: Promotion) -> tuple[str, str]:
    step = step_of(promotion, "inventory")
    return step.state, step.reason


def told(promotion: Promotion) -> list[str]:
    kinds = factories.kinds(promotion.release)
    return kinds[kinds.index("dispatch.sent") + 1 :]


def test_a_result_counts_as_if_the_service_had_called_back(service: FakeService) -> None:
    promotion = overdue(service)
    service.tell({"state": "succeeded", "percent": 100, "message": "healthy"})
    end_overdue_slots()
    assert outcome(promotion) == ("dispatched", "")

    assert ask_overdue_services() == 1

    assert outcome(promotion) == ("succeeded", "reported")
    assert told(promotion)[:4] == ["service.asked", "callback.applied", "slot.closed", "session.closed"]
    assert service.questions.get() == "/inventory/deployments/1"
    assert factories.open_services(promotion) == ["checkout", "recommendations"]


def test_a_failure_that_was_asked_for_holds_the_promotion(service: FakeService) -> None:
    promotion = overdue(service)
    service.tell({"state": "failed", "message": "disk full"})
    end_overdue_slots()
    ask_overdue_services()

    promotion.refresh_from_db()

    assert (promotion.state, step_of(promotion, "inventory").message) == ("held", "disk full")


@pytest.mark.parametrize(
    ("document", "status", "problem"),
    [
        ({"state": "in_progress", "percent": 40}, 200, ""),
        ({"detail": "unknown"}, 404, "the service answered 404"),
        ({"state": "succeeded"}, 500, "the service answered 500"),
        ({"state": "fine"}, 200, "the answer names no state"),
        (b"fine", 200, "the answer is no JSON document"),
        (b"[" * 100_000, 200, "the answer is no JSON document"),
        (b'"' + b"x" * 70_000 + b'"', 200, "the answer is no JSON document"),
    ],
    ids=["at work", "unknown", "broken", "no state", "no json", "deep", "endless"],
)
def test_past_the_deadline_only_a_result_helps(
    service: FakeService, document: object, status: int, problem: str
) -> None:
    promotion = overdue(service)
    service.tell(document, status)
    end_overdue_slots()

    ask_overdue_services()

    assert outcome(promotion) == ("timed_out", "deadline")
    assert promotion.release.entries.get(kind="service.asked").payload["reason"] == problem


def test_a_service_that_does_not_answer_has_timed_out(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "ANSWER_S", 0.1)
    promotion = overdue(service)
    end_overdue_slots()

    ask_overdue_services()
    service.tell({"state": "succeeded"})

    assert outcome(promotion) == ("timed_out", "deadline")
    assert promotion.release.entries.filter(kind="service.asked").count() == 1


def test_a_silent_service_that_is_at_work_gets_a_new_lease(service: FakeService) -> None:
    promotion = silent(service)
    service.tell({"state": "in_progress", "percent": 40})
    end_overdue_slots()

    ask_overdue_services()

    dispatch = slot(promotion, "inventory")
    assert (dispatch.state, dispatch.percent, dispatch.asked_at) == ("in_progress", 40, None)
    assert dispatch.lease_until is not None
    assert dispatch.lease_until > dispatch.opened_at + 20 * SECOND


def test_a_silent_service_that_is_not_at_work_has_timed_out(service: FakeService) -> None:
    promotion = silent(service)
    service.tell({}, 404)
    end_overdue_slots()

    ask_overdue_services()

    assert outcome(promotion) == ("timed_out", "silent")


def test_a_service_is_asked_once_for_each_time_that_it_is_late(service: FakeService) -> None:
    promotion = silent(service)
    for percent in (10, 20):
        service.tell({"state": "in_progress", "percent": percent})
        Dispatch.objects.update(lease_until=F("opened_at") - SECOND)
        end_overdue_slots()
        at_once(*[ask_overdue_services] * 3)

    assert service.questions.qsize() == 2
    assert step_of(promotion, "inventory").percent == 20


def test_a_service_whose_asker_died_times_out_all_the_same(service: FakeService) -> None:
    promotion = overdue(service)
    end_overdue_slots()
    end_overdue_slots()
    assert outcome(promotion) == ("dispatched", "")
    Dispatch.objects.update(asked_at=F("asked_at") - 5 * SECOND)

    end_overdue_slots()

    assert outcome(promotion) == ("timed_out", "deadline")
    assert ask_overdue_services() == 0


def test_a_service_that_cannot_tell_is_not_asked(service: FakeService) -> None:
    promotion = overdue(service, location="")

    end_overdue_slots()

    assert (outcome(promotion), ask_overdue_services()) == (("timed_out", "deadline"), 0)


def test_a_service_that_is_asked_delays_nobody_else(service: FakeService) -> None:
    promotion = overdue(service)
    tell(promotion, "inventory", "succeeded")
    service.answer(202, Location="status")
    send_due_dispatches()
    AggregationSession.objects.filter(closed_at=None).update(deadline_at=F("opened_at") - SECOND)

    end_overdue_slots()

    states = sorted(slot(promotion, each).state for each in ("checkout", "recommendations"))
    assert states == ["dispatched", "timed_out"]


def test_an_answer_after_a_cancel_changes_nothing(service: FakeService) -> None:
    promotion = overdue(service)
    service.tell({"state": "succeeded"})
    end_overdue_slots()
    cancel(actor=person(), version=promotion.version)

    assert (ask_overdue_services(), outcome(promotion)[0]) == (0, "cancelled")


def test_where_to_ask_is_noted_though_a_callback_was_faster(service: FakeService) -> None:
    factories.load_bookverse(service.url)
    promotion = factories.promote(factories.created())
    service.replies.put(
        Reply(
            headers={"Location": "deployments/9"},
            before=lambda _order: at_once(lambda: tell(promotion, "inventory", "progress")),
        )
    )
    send_due_dispatches()

    dispatch = slot(promotion, "inventory")

    assert (dispatch.state, dispatch.status_url) == ("in_progress", f"{service.url}/inventory/deployments/9")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (None, ""),
        ("", ""),
        ("/jobs/1", "https://api.test/jobs/1"),
        ("deployments/1", "https://api.test/v1/deployments/1"),
        ("https://api.test/jobs/1", "https://api.test/jobs/1"),
        ("http://api.test/jobs/1", ""),
        ("https://api.test:8443/jobs/1", ""),
        ("https://elsewhere.test/jobs/1", ""),
        ("//elsewhere.test/jobs/1", ""),
        ("https://somebody@api.test/jobs/1", ""),
        ("https://[::1", ""),
        ("/" + "x" * 500, ""),
    ],
)
def test_only_an_address_of_the_service_itself_is_asked(location: str | None, expected: str) -> None:
    assert status_url("https://api.test/v1/deployments", location) == expected
