"""A train's page and the departure board stay what a reload would show, by push."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User

from releases import broadcast
from releases.actions.collections import collect_due_versions
from releases.actions.departures import depart_train
from releases.actions.rules import edit_rule
from releases.actions.timetables import keep_timetable
from releases.actions.trains import ExtraTrain, add_train, cancel_train, hold_train, resume_train
from releases.domain.access import Role
from releases.live import consumers, hub
from releases.models import Constraint, Train, TrainEvent, TrainSchedule
from releases.queries.clock import database_now
from tests.factories import person, register
from tests.live.test_sockets import closing_code
from tests.live.viewing import PATIENCE_S, act, signed_in, socket, viewing
from tests.trains import bring_forward, first_train, next_train
from tests.travelling import look, platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_httpserver import HTTPServer

    from tests.fakes.registry import FakeRegistry
    from tests.live.viewing import Viewer

pytestmark = pytest.mark.django_db(transaction=True)
DEPARTURES = ("/trains", "/ws/trains/")


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer) -> Iterator[FakeRegistry]:
    with platform(httpserver) as running:
        yield running


def page_of(train: Train) -> tuple[str, str]:
    return f"/trains/{train.label}", f"/ws/trains/{train.label}/"


def boarding() -> Train:
    person("vera", Role.VIEWER)
    train = next_train()
    TrainSchedule.objects.update(builds_optional=True, tests_optional=True)
    return train


def label() -> str:
    return first_train().label


def edit_a_rule(provider_range: str) -> None:
    rule = Constraint.objects.get(consumer__slug="recommendations", consumer_range=">=2.2.0")
    admin = person("root", Role.ADMIN)
    edit_rule(actor=admin, model=Constraint, number=rule.pk, fields={"provider_range": provider_range})


def close_doors() -> None:
    bring_forward(first_train(), timedelta(days=2, hours=12))
    keep_timetable()


def add_one_more() -> None:
    extra = ExtraTrain(schedule=first_train().schedule.name, departs_at=database_now() + timedelta(days=60))
    add_train(actor=person(), extra=extra)


def plan() -> None:
    collect_due_versions()
    look(first_train())


STORY: dict[str, Callable[[], object]] = {
    "hold": lambda: hold_train(actor=person(), label=label(), reason="incident"),
    "resume": lambda: resume_train(actor=person(), label=label()),
    "register": lambda: register({"inventory": ["1.4.1"]}),
    "break a rule": lambda: edit_a_rule(">=9.0.0"),
    "mend it": lambda: edit_a_rule(">=1.4.0"),
    "close the doors": close_doors,
    "depart": lambda: depart_train(actor=person(), label=label()),
    "collect": lambda: look(first_train()),
    "plan": plan,
    "cancel": lambda: cancel_train(actor=person(), label=label(), reason="wrong week"),
    "undo": lambda: look(first_train()),
}


async def catch_up(viewer: Viewer) -> None:
    """Take what is pushed until the page is the one that a reload would show; it must not be so to begin with."""
    assert viewer.shown() != await viewer.reloaded()
    while viewer.shown() != await viewer.reloaded():
        await viewer.receive()


async def test_a_trains_page_stays_what_a_reload_would_show(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LOOK_EVERY_S", 0.1)
    train = await act(boarding)
    async with viewing("maria", *page_of(train)) as viewer:
        for deed in STORY.values():
            await act(deed)

            await catch_up(viewer)


async def test_the_departure_board_stays_what_a_reload_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LOOK_EVERY_S", 0.1)
    await act(boarding)
    async with viewing("vera", *DEPARTURES) as viewer:
        for name in ("hold", "resume", "register", "close the doors", "depart", "cancel"):
            await act(STORY[name])

            await catch_up(viewer)
        await act(add_one_more)

        await catch_up(viewer)


@pytest.mark.parametrize("deed", ["hold", "depart", "cancel"])
async def test_whoever_watches_a_train_is_nudged_once_it_is_in(monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    monkeypatch.setattr(hub, "LOOK_EVERY_S", 24 * 3600.0)
    train = await act(boarding)
    async with viewing("vera", *page_of(train)) as page, viewing("vera", *DEPARTURES) as departures:
        await act(STORY[deed])

        await catch_up(page)
        await catch_up(departures)


async def test_a_message_of_a_phase_is_pushed_though_nothing_is_written_down(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LOOK_EVERY_S", 24 * 3600.0)
    train = await act(boarding)
    await act(STORY["depart"])
    async with viewing("vera", *page_of(train)) as viewer:
        events = await act(TrainEvent.objects.count)
        await act(look, train)

        await catch_up(viewer)

        assert await act(TrainEvent.objects.count) == events


async def test_a_train_whose_nudges_get_lost_is_followed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "_publish_train", lambda _label: None)
    train = await act(boarding)
    async with viewing("vera", *page_of(train)) as viewer:
        await act(STORY["hold"])

        await catch_up(viewer)


async def test_who_may_not_look_any_more_is_signed_out_of_a_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_EVERY_S", 0.0)
    train = await act(boarding)
    async with viewing("vera", *page_of(train)) as viewer:
        await act(User.objects.filter(username="vera").update, is_active=False)
        await act(STORY["hold"])
        said = [await viewer.connection.receive_output(timeout=PATIENCE_S) for _ in range(2)]

    assert said[1] == {"type": "websocket.close", "code": 4401}


@pytest.mark.parametrize("name", ["2026-W99", "x" * 500])
async def test_a_train_that_is_not_there_cannot_be_watched(name: str) -> None:
    await act(person)
    client = await act(signed_in, "maria")

    assert await closing_code(socket(f"/ws/trains/{name}/", client=client)) == 4404


async def test_a_train_that_is_dropped_from_the_timetable_is_watched_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LOOK_EVERY_S", 0.05)
    await act(boarding)
    later = await act(Train.objects.filter(events=None).latest, "departs_at")
    async with viewing("vera", *page_of(later)) as vera:
        await act(later.delete)
        message = await vera.connection.receive_output(timeout=PATIENCE_S)

    assert (message["type"], message["code"]) == ("websocket.close", 4404)


async def test_only_who_may_run_trains_gets_buttons_that_work() -> None:
    train = await act(boarding)
    async with viewing("vera", *page_of(train)) as viewer:
        await act(STORY["hold"])
        await catch_up(viewer)
        buttons = [each for each in viewer.page.find("train-state").descendants() if each.tag == "button"]

    assert {"disabled" in button.attributes for button in buttons} == {True}
