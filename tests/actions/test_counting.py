"""What a fan-out of three adds up to: the contract's own examples, and its reference timeline."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions.sweeping import end_overdue_slots
from releases.models import AggregationSession, Dependency, JournalEntry
from tests import factories
from tests.factories import created, load_bookverse, promote, slot, tell

if TYPE_CHECKING:
    from releases.models import Promotion

pytestmark = pytest.mark.django_db
THREE = ("checkout", "recommendations", "web")


def three_at_once() -> Promotion:
    """Promote a release whose second phase asks three services; the first phase is done."""
    load_bookverse()
    Dependency.objects.filter(consumer__slug="web").exclude(provider__slug="inventory").delete()
    promotion = promote(created(), timeout_ms=10_000)
    tell(promotion, "inventory", "succeeded")
    assert factories.open_services(promotion) == list(THREE)
    return promotion


def pass_the_deadline() -> None:
    AggregationSession.objects.filter(deadline_at__isnull=False).update(
        deadline_at=F("opened_at") - timedelta(seconds=1)
    )
    end_overdue_slots()


def summary(promotion: Promotion) -> dict[str, object]:
    """Return the summary of the fan-out of three."""
    found = promotion.sessions.get(phase=1).summary
    assert found is not None
    return dict(found)


@pytest.mark.parametrize(
    ("results", "respondents", "received", "errors", "status"),
    [
        ("succeeded succeeded succeeded", 3, 3, 0, "COMPLETE"),
        ("succeeded succeeded rejected", 2, 3, 0, "COMPLETE"),
        ("succeeded succeeded late", 2, 2, 1, "PARTIAL"),
        ("rejected rejected rejected", 0, 3, 0, "COMPLETE"),
        ("late late late", 0, 0, 3, "PARTIAL"),
        ("succeeded failed late", 1, 2, 2, "PARTIAL"),
        ("failed failed failed", 0, 3, 3, "COMPLETE"),
    ],
)
def test_results_add_up(results: str, respondents: int, received: int, errors: int, status: str) -> None:
    promotion = three_at_once()
    outcomes = dict(zip(THREE, results.split(), strict=True))
    for service, outcome in outcomes.items():
        tell(promotion, service, "accepted" if outcome == "late" else outcome)
    pass_the_deadline()
    for service, outcome in outcomes.items():
        if outcome == "late":
            tell(promotion, service, "succeeded")

    assert summary(promotion) == {
        "source": "AGGREGATOR",
        "status": status,
        "expected": 3,
        "received": received,
        "respondents": respondents,
        "errors": errors,
    }


def test_the_reference_timeline_closes_once_and_keeps_the_late_callback_apart() -> None:
    promotion = three_at_once()
    for service in THREE:
        tell(promotion, service, "accepted")
    tell(promotion, "checkout", "succeeded")
    tell(promotion, "recommendations", "succeeded")
    pass_the_deadline()
    closed = summary(promotion)

    late = tell(promotion, "web", "succeeded")

    assert (closed["respondents"], closed["errors"], closed["status"]) == (2, 1, "PARTIAL")
    assert late.late is True
    assert summary(promotion) == closed


def test_each_slot_that_runs_out_of_time_has_its_entry_before_the_one_summary() -> None:
    promotion = three_at_once()
    for service in THREE:
        tell(promotion, service, "accepted")
    before = promotion.release.entries.count()
    pass_the_deadline()

    told = JournalEntry.objects.order_by("sequence")[before:]

    assert [(entry.kind, entry.service, entry.payload.get("state")) for entry in told] == [
        ("slot.closed", "checkout", "timed_out"),
        ("slot.closed", "recommendations", "timed_out"),
        ("slot.closed", "web", "timed_out"),
        ("session.closed", "", "timed_out"),
        ("promotion.held", "", None),
    ]


def test_a_session_with_some_results_is_partial() -> None:
    promotion = three_at_once()
    for service, status in zip(THREE, ("succeeded", "succeeded", "failed"), strict=True):
        tell(promotion, service, status)

    assert promotion.sessions.get(phase=1).state == "partial"


def test_a_slot_closes_with_the_reason_that_the_page_shows() -> None:
    promotion = three_at_once()
    tell(promotion, "web", "failed", message="image not found")

    dispatch = slot(promotion, "web")

    assert (dispatch.reason, dispatch.message) == ("reported", "image not found")
