"""The departure board, one train, and the calendar feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from releases.actions.calendars import rotate_calendar_link
from releases.actions.departures import depart_train
from releases.actions.trains import cancel_train, hold_train
from releases.domain.access import Role
from releases.models import Constraint, Freeze, ServiceVersion, Stage, Train
from tests.factories import load_bookverse, person
from tests.live.html import parse_html
from tests.trains import held_for_a_number, next_train, register_after_cut_off, scheduled
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
DAY = timedelta(days=1)


@pytest.fixture
def manager(transactional_db: None) -> Client:
    return browser_of("maria", Role.MANAGER)


def page(client: Client, address: str = "/trains") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    parse_html(answer.content.decode())
    return str(answer.content.decode())


def states(content: str) -> dict[str, str]:
    """Return what the board says of each service."""
    rows = [row for row in parse_html(content).descendants() if row.tag == "tr" and "data-state" in row.attributes]
    return {row.first("th").text.strip(): str(row.attributes["data-state"]) for row in rows}


def test_the_board_says_who_is_on_board_late_and_not_coming(manager: Client) -> None:
    train = next_train()
    register_after_cut_off(train, "helm", "1.1.1")
    register_after_cut_off(train, "web", "3.0.2")
    ServiceVersion.objects.filter(service__slug="web", version="3.0.2").update(release_status="NONE")
    assert states(page(manager)) == {
        "inventory": "on_board",
        "recommendations": "on_board",
        "checkout": "on_board",
        "web": "not_coming",
        "helm": "late",
    }


def test_the_board_names_the_rule_that_keeps_services_apart(manager: Client) -> None:
    train = next_train()
    register_after_cut_off(train, "inventory", "1.4.0")
    content = page(manager)
    assert {states(content)[name] for name in ("inventory", "recommendations")} == {"incompatible"}
    assert "recommendations" in content
    assert Constraint.objects.exists()


def test_a_board_without_a_schedule_says_what_will_appear(manager: Client) -> None:
    assert "There is no schedule yet." in page(manager)


def test_a_board_whose_schedules_rest_says_so(manager: Client) -> None:
    scheduled(active=False)
    Train.objects.all().delete()
    assert "No train stands at the station." in page(manager)


def test_freezes_are_on_the_board(manager: Client) -> None:
    load_bookverse()
    now = datetime.now(UTC)
    for days in (-1, 3):
        Freeze.objects.create(
            stage=Stage.objects.get(name="PROD"), starts_at=now + days * DAY, ends_at=now + (days + 2) * DAY,
            reason=f"holidays {days}",
        )  # fmt: skip
    content = page(manager)
    assert [f"holidays {days}" in content for days in (-1, 3)] == [True, True]
    assert "Frozen" in content


def test_more_trains_cost_no_more_queries(manager: Client) -> None:
    next_train()
    page(manager)
    with CaptureQueriesContext(connection) as few:
        page(manager)
    scheduled("second")
    for train in Train.objects.filter(schedule__name="second")[:2]:
        cancel_train(actor=person(), label=train.label, reason="x")
    with CaptureQueriesContext(connection) as many:
        page(manager)
    assert len(many) == len(few)


def test_a_train_shows_who_is_on_board_and_what_happened(manager: Client) -> None:
    train = next_train()
    content = page(manager, f"/trains/{train.label}")
    assert states(content)["inventory"] == "on_board"
    assert "is boarding" in content


def test_a_trains_page_names_the_socket_of_its_own_and_quotes_reasons(manager: Client) -> None:
    train = next_train()
    hold_train(actor=person(), label=train.label, reason="<b>incident</b>")
    content = page(manager, f"/trains/{train.label}")
    assert f'hx-ws:connect="/ws/trains/{train.label}/"' in content
    assert "&lt;b&gt;incident&lt;/b&gt;" in content


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(("act", "after"), [("hold", "held"), ("cancel", "cancelled"), ("depart", "departed")])
def test_each_button_does_what_it_says(manager: Client, headers: dict[str, str], act: str, after: str) -> None:
    train = next_train()
    answer = manager.post(f"/trains/{train.label}/{act}", {"reason": "incident"}, headers=headers)
    train.refresh_from_db()
    where = answer["HX-Redirect"] if headers else answer["Location"]
    assert (train.state, where) == (after, f"/trains/{train.label}")


def test_a_departed_train_shows_its_phases(manager: Client) -> None:
    train = next_train()
    assert "Depart now" in page(manager, f"/trains/{train.label}")
    depart_train(actor=person(), label=train.label)
    content = page(manager, f"/trains/{train.label}")
    phases = [row for row in parse_html(content).descendants() if row.attributes.get("id", "").startswith("phase-")]
    assert [(row.attributes["id"], row.attributes["data-state"]) for row in phases][:2] == [
        ("phase-collection", "running"),
        ("phase-determination", "pending"),
    ]
    assert (len(phases), "Depart now" in content) == (8, False)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_held_train_is_resumed(manager: Client, headers: dict[str, str]) -> None:
    train = next_train()
    hold_train(actor=person(), label=train.label, reason="incident")
    assert manager.post(f"/trains/{train.label}/resume", headers=headers).status_code in {200, 302}
    train.refresh_from_db()
    assert train.state == "boarding"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_train_whose_number_was_used_up_goes_on_with_the_one_that_its_page_offers(
    manager: Client, headers: dict[str, str]
) -> None:
    train = held_for_a_number()
    boxes = [box.attributes for box in parse_html(page(manager, f"/trains/{train.label}")).descendants()]
    fields = {box["name"]: box.get("value", "") for box in boxes if "name" in box}
    assert fields["version"] == "2.2.1"
    sent = {"version": fields["version"], "reason": "2.2.0 was given up"}
    manager.post(f"/trains/{train.label}/number", sent, headers=headers)
    train.refresh_from_db()
    assert (train.state, train.target_version) == ("departed", "2.2.1")


@pytest.mark.parametrize("version", ["2" * 129, "2.2.1\x00", "2.2"])
def test_a_number_that_is_none_is_refused(manager: Client, version: str) -> None:
    train = held_for_a_number()
    answer = manager.post(f"/trains/{train.label}/number", {"version": version, "reason": "x"})
    assert answer.status_code == 422


def test_whoever_may_only_look_is_told_why(manager: Client) -> None:
    train = next_train()
    viewer = browser_of("vera", Role.VIEWER)
    content = page(viewer, f"/trains/{train.label}")
    assert "To run trains you need the role release manager for all stages." in content
    assert viewer.post(f"/trains/{train.label}/hold", {"reason": "x"}).status_code == 403


@pytest.mark.parametrize("address", ["/trains/2020-W01", "/trains/%00", "/trains/x" + "y" * 300])
def test_a_train_that_is_not_there_is_not_found(manager: Client, address: str) -> None:
    assert manager.get(address).status_code in {404, 422}


@pytest.mark.parametrize("reason", ["x" * 301, "a\x00b", ""])
def test_a_reason_that_is_none_is_refused(manager: Client, reason: str) -> None:
    train = next_train()
    assert manager.post(f"/trains/{train.label}/hold", {"reason": reason}).status_code == 422


@pytest.mark.parametrize("address", ["/trains", "/trains/2026-W48"])
def test_who_is_signed_out_is_sent_to_sign_in(client: Client, db: None, address: str) -> None:
    assert client.get(address).status_code == 302


def feed(client: Client, key: str) -> Calendar:
    answer = client.get("/calendar/trains.ics", {"key": key})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    found = Calendar.from_ical(answer.content)
    assert isinstance(found, Calendar)
    return found


def summaries(calendar: Calendar) -> list[str]:
    return sorted(str(event["summary"]) for event in calendar.walk("VEVENT"))


def test_the_feed_has_departures_cut_offs_and_freezes(client: Client, transactional_db: None) -> None:
    train = next_train()
    Train.objects.exclude(pk=train.pk).delete()
    freeze = Freeze.objects.create(
        stage=Stage.objects.get(name="PROD"),
        starts_at=train.departs_at,
        ends_at=train.departs_at + DAY,
        reason="a, b; c",
    )
    calendar = feed(client, rotate_calendar_link(actor=person()))
    assert summaries(calendar) == [f"Cut-off of train {train.label}", "PROD is frozen", f"Train {train.label} departs"]
    events = {str(event["summary"]): event for event in calendar.walk("VEVENT")}
    assert events[f"Train {train.label} departs"].decoded("dtstart") == train.departs_at.replace(microsecond=0)
    assert str(events["PROD is frozen"]["description"]) == freeze.reason
    assert len({str(event["uid"]) for event in calendar.walk("VEVENT")}) == 3


def test_a_cancelled_train_stays_in_the_feed_as_cancelled(client: Client, transactional_db: None) -> None:
    train = next_train()
    Train.objects.exclude(pk=train.pk).delete()
    cancel_train(actor=person(), label=train.label, reason="holidays")
    (event,) = feed(client, rotate_calendar_link(actor=person())).walk("VEVENT")
    assert (str(event["status"]), "Cancelled by maria: holidays" in str(event["description"])) == ("CANCELLED", True)


def test_an_empty_board_has_an_empty_feed(client: Client, transactional_db: None) -> None:
    assert summaries(feed(client, rotate_calendar_link(actor=person()))) == []


def test_a_new_address_ends_the_one_before(client: Client, transactional_db: None) -> None:
    old = rotate_calendar_link(actor=person())
    new = rotate_calendar_link(actor=person())
    codes = [client.get("/calendar/trains.ics", {"key": key}).status_code for key in (old, new)]
    assert codes == [404, 200]


@pytest.mark.parametrize("key", ["", "1", "1-", "1-0000", "99999999999-0", "x-y", "-", "²-x", "1-\x00", "1-é"])
def test_a_wrong_secret_finds_nothing(client: Client, transactional_db: None, key: str) -> None:
    rotate_calendar_link(actor=person())
    assert client.get("/calendar/trains.ics", {"key": key}).status_code == 404


def test_the_address_of_somebody_who_left_finds_nothing(client: Client, transactional_db: None) -> None:
    key = rotate_calendar_link(actor=person())
    User.objects.update(is_active=False)
    assert client.get("/calendar/trains.ics", {"key": key}).status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_person_makes_an_address_on_the_page_and_sees_only_their_own(
    manager: Client, headers: dict[str, str]
) -> None:
    assert "/calendar/trains.ics" not in page(manager)
    assert manager.post("/calendar/rotate", headers=headers).status_code in {200, 302}
    assert "/calendar/trains.ics?key=" in page(manager)
    assert "/calendar/trains.ics" not in page(browser_of("vera", Role.VIEWER))
