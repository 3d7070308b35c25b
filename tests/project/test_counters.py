"""What happens on the board is counted, each kind where it happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions.deliveries import send_due_deliveries
from releases.actions.dispatches import send_due_dispatches
from releases.actions.sweeping import end_overdue_slots
from releases.metrics import REGISTRY
from releases.models import AggregationSession, Inbox
from tests import factories
from tests.api.calling import Caller, report
from tests.factories import slot, tell
from tests.fakes.service import fake_service
from tests.live.test_pushed_is_reloaded import board_with_release
from tests.live.viewing import act, viewing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.service import FakeService

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service() -> Iterator[FakeService]:
    with fake_service() as fake:
        yield fake


def reader(name: str, **labels: str) -> Callable[[], float]:
    """Return what tells how far a metric has moved since."""
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    return lambda: (REGISTRY.get_sample_value(name, labels) or 0.0) - before


def callbacks(outcome: str) -> Callable[[], float]:
    return reader("board_callbacks_total", outcome=outcome)


def test_each_callback_is_counted_by_what_became_of_it() -> None:
    outcomes = ("accepted", "duplicate", "late", "forged")
    read = [callbacks(outcome) for outcome in outcomes]
    dispatch = slot(factories.promoting(), "inventory")
    for status in ("progress", "progress"):
        report(dispatch, status, sequence=1)
    for status in ("succeeded", "failed"):
        report(dispatch, status)
    forged = {
        "correlation_id": str(dispatch.session.correlation_id),
        "source": "inventory",
        "attempt": 1,
        "status": "failed",
    }
    Caller(token="nonsense").post("/callbacks", forged)
    assert [moved() for moved in read] == [2, 1, 1, 1]


def test_a_service_that_misses_the_deadline_is_counted() -> None:
    moved = reader("board_timeouts_total", reason="deadline")
    tell(factories.promoting(), "inventory", "accepted")
    AggregationSession.objects.update(deadline_at=F("deadline_at") - timedelta(minutes=1))
    end_overdue_slots()
    assert moved() == 1


def test_an_order_is_counted_by_its_answer(service: FakeService) -> None:
    moved = reader("board_dispatch_sends_total", outcome="rejected")
    service.answer(403)
    factories.load_bookverse(service.url)
    factories.promote(factories.created())
    send_due_dispatches()
    assert moved() == 1


@pytest.mark.parametrize(("status", "outcome"), [(204, "delivered"), (500, "retry"), (410, "gave_up")])
def test_a_message_is_counted_by_what_came_of_it(service: FakeService, status: int, outcome: str) -> None:
    factories.load_bookverse()
    Inbox.objects.create(name="ops", url=f"{service.url}/results")
    promotion = factories.promote(factories.created(), strategy="inbox", inbox="ops")
    tell(promotion, "inventory", "succeeded")
    moved = reader("board_delivery_sends_total", outcome=outcome)
    service.answer(status)
    send_due_deliveries()
    assert moved() == 1


async def test_a_live_page_counts_for_as_long_as_it_is_open() -> None:
    moved = reader("board_live_connections", topic="board")
    await act(board_with_release)
    async with viewing("vera", "/", "/ws/board/"):
        assert moved() == 1
    assert moved() == 0
