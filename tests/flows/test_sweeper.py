"""The sweeper's threads: what one duty waits for never keeps another waiting."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from django.db import connections
from django.db.models import F

from bookverse import sweeper as sweeper_module
from bookverse.sweeper import Sweeper
from releases.models import AggregationSession
from releases.queries.clock import database_now
from tests import factories
from tests.factories import slot, tell
from tests.fakes.service import FakeService, Reply, fake_service
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.models import Promotion


@pytest.fixture
def service(transactional_db: None) -> Iterator[FakeService]:
    with fake_service() as fake:
        yield fake


@pytest.fixture
def sweeper(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sweeper]:
    monkeypatch.setattr(sweeper_module, "LOOK_EVERY_S", 0.05)
    sweeper = Sweeper()
    yield sweeper
    sweeper.stop()
    connections.close_all()


def second_phase(service: FakeService) -> Promotion:
    factories.load_bookverse(service.url)
    promotion = factories.promote(factories.created())
    tell(promotion, "inventory", "succeeded")
    return promotion


def test_it_sends_what_is_due(service: FakeService, sweeper: Sweeper) -> None:
    promotion = second_phase(service)

    sweeper.start()

    until(lambda: {slot(promotion, each).state for each in ("checkout", "recommendations")} == {"dispatched"})


def test_a_service_that_hangs_does_not_stop_the_clock(service: FakeService, sweeper: Sweeper) -> None:
    promotion = second_phase(service)
    release = Event()
    service.replies.put(Reply(before=lambda _order: release.wait()))
    sweeper.start()
    hanging = service.next().body["service"]
    AggregationSession.objects.filter(phase=1).update(deadline_at=F("opened_at") - timedelta(seconds=1))
    try:
        until(lambda: slot(promotion, hanging).state == "timed_out")
    finally:
        release.set()


def test_a_duty_that_fails_is_taken_up_again(
    service: FakeService, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion = second_phase(service)
    failures = iter([SystemError("once")])
    duties = dict(sweeper_module.DUTIES)
    send = duties["orders"]

    def fail_once() -> None:
        for failure in failures:
            raise failure
        send()

    monkeypatch.setattr(sweeper_module, "DUTIES", {**duties, "orders": fail_once})
    sweeper.start()

    until(lambda: slot(promotion, "checkout").state == "dispatched")


def test_a_duty_that_rests_keeps_no_connection_that_a_page_may_wait_for(
    sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks()
    monkeypatch.setattr(sweeper_module, "DUTIES", {"time": database_now})
    monkeypatch.setattr(sweeper_module, "threading", SimpleNamespace(Event=lambda: looks, Thread=Thread))

    sweeper.start()
    [thread] = sweeper.threads
    thread.join()

    assert looks.held == [False, False]


class Looks(Event):
    """Two waits; at each it is noted whether the duty's thread has a connection of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[bool] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.held.append(connections["default"].connection is not None)
        return len(self.held) > 1


def test_starting_twice_starts_one(sweeper: Sweeper) -> None:
    sweeper.start()
    first = sweeper.threads

    sweeper.start()

    assert sweeper.threads == first
