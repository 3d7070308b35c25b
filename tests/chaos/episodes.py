"""What happens in a day: every kind of trouble that the invariants are about, once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from bookverse.demo.service.behaviour import Mode
from tests.chaos.onlookers import onlookers
from tests.factories import SERVICES
from tests.threads import at_once, on_its_own_connection

if TYPE_CHECKING:
    from tests.chaos.day import Day

RACES = 3


def orders_get_lost(day: Day) -> None:
    """Services work faster than the board writes, senders die, and what is reported is copied and forged."""
    day.begin()
    dies_before_it_sends(day)
    answers_slower_than_it_works(day, "inventory")
    sends_and_dies(day, "checkout", "recommendations")
    says_more_than_it_should(day, "checkout")
    is_impersonated(day, "recommendations")
    day.finish()


def services_fail(day: Day) -> None:
    """The board dies as it hears, one service fails and takes that back, another says nothing in time."""
    day.begin()
    dies_as_it_hears(day, "inventory")
    fails_and_changes_its_mind(day, "checkout")
    is_silent_for_too_long(day, "web")
    day.finish()


def people_intervene(day: Day) -> None:
    """Somebody pauses and resumes, and then cancels: while services report, several times, and just before."""
    day.begin()
    is_paused_and_resumed(day)
    day.finish()
    for _ in range(RACES):
        day.promote("QA")
        is_cancelled_while_they_report(day)
    day.promote("QA")
    is_cancelled_before_they_report(day)


def somebody_looks_on(day: Day) -> None:
    """A page is open from the first report to the end."""
    day.begin()
    with onlookers(day):
        day.send()
        day.work("inventory")
        day.steer("cancel", {"reason": "seen enough"}, insist=True)
        day.finish()


def dies_before_it_sends(day: Day) -> None:
    with day.death_at("services.post:before"):
        day.send()
    day.pass_time()


def answers_slower_than_it_works(day: Day, service: str) -> None:
    day.workshops.while_asked[service] = lambda: on_its_own_connection(lambda: day.work(service))
    day.send()


def sends_and_dies(day: Day, *services: str) -> None:
    """The orders arrive, but who sent them dies before that is written down."""
    with day.death_at("services.post:after"):
        day.send()
    for service in services:
        day.workshops.work(service)
    day.pass_time()
    day.send()


def says_more_than_it_should(day: Day, service: str) -> None:
    """A copy of each callback, and a second result that contradicts the first."""
    for callback in day.workshops.waiting(service):
        day.deliver(service, callback)
        day.deliver(service, callback, copy=True)
    day.work(service)
    day.workshops.contradict(service)
    day.report(service)
    day.send()


def is_impersonated(day: Day, service: str) -> None:
    for callback in day.workshops.waiting(service):
        day.forge("a token of somebody else", callback)
        day.forge("no token", callback, token="")
        day.forge("an unknown correlation id", callback, token=callback.token, correlation_id=str(uuid4()))
        day.forge("a source that was not asked", callback, token=callback.token, source="helm")


def dies_as_it_hears(day: Day, service: str) -> None:
    day.send()
    day.workshops.work(service)
    with day.death_at("callbacks.record_callback:before-commit"):
        day.report(service)
    day.report(service)
    with day.death_at("callbacks.record_callback:after-commit"):
        day.report(service)
    day.report(service)


def fails_and_changes_its_mind(day: Day, service: str) -> None:
    day.workshops.treat_next(service, Mode.FAIL)
    day.send()
    day.work(service)
    day.work("recommendations")
    day.workshops.contradict(service)
    day.report(service)
    day.steer(f"steps/{service}/retry", insist=True)
    day.sweep()
    day.work(service)


def is_silent_for_too_long(day: Day, service: str) -> None:
    """The deadline passes while the board is away."""
    day.workshops.treat_next(service, Mode.SILENT)
    day.send()
    day.restart()
    for _ in range(2):
        day.pass_time()
        day.sweep()


def is_cancelled_before_they_report(day: Day) -> None:
    day.send()
    day.steer("cancel", {"reason": "no"}, insist=True)
    day.finish()


def is_cancelled_while_they_report(day: Day) -> None:
    """Cancelled at the instant of the results; whichever was first, the others find that out."""
    day.send()
    for service in SERVICES:
        day.workshops.work(service)
        day.report(service, but_for=1)
    reports = [partial(day.report, service) for service in SERVICES if day.workshops.unheard(service)]
    at_once(*reports, lambda: day.steer("cancel", {"reason": "enough"}, insist=True))
    day.finish()


def is_paused_and_resumed(day: Day) -> None:
    day.steer("pause", {"reason": "lunch"})
    day.sweep()
    day.steer("resume")
