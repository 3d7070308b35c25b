"""The way in: wrong passwords are counted, and a session ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client

from releases.queries.sign_ins import SEEN_AT, SIGNED_IN_AT
from tests.factories import person

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
    from pytest_django.fixtures import Settings

HERE, ELSEWHERE = "198.51.100.7", "198.51.100.8"
LIMIT = 8


@pytest.fixture(autouse=True)
def maria(db: None) -> None:
    person("maria")


def sign_in(password: str, *, address: str = HERE, forwarded: str = "", name: str = "maria") -> Response:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    form = {"username": name, "password": password, "next": "/trains"}
    return Client().post("/login/", form, headers=headers, REMOTE_ADDR=address)


def fail(times: int, **where: str) -> list[int]:
    return [sign_in("wrong", **where).status_code for _ in range(times)]


def test_the_right_password_leads_where_somebody_wanted_to_go() -> None:
    answer = sign_in("maria")
    assert (answer.status_code, answer["Location"]) == (302, "/trains")


def test_after_eight_wrong_passwords_even_the_right_one_is_refused_for_a_quarter_of_an_hour() -> None:
    assert fail(LIMIT) == [*[200] * (LIMIT - 1), 429]
    answer = sign_in("maria")
    assert (answer.status_code, "Try again in 15 minutes" in answer.content.decode()) == (429, True)
    assert 890 < int(answer["Retry-After"]) <= 900
    assert 'value="/trains"' in answer.content.decode()


def test_a_name_that_nobody_has_is_closed_in_the_same_way() -> None:
    assert fail(LIMIT, name="nobody") == [*[200] * (LIMIT - 1), 429]


def test_after_a_quarter_of_an_hour_the_right_password_counts_again() -> None:
    fail(LIMIT)
    AccessAttempt.objects.update(attempt_time=datetime.now(UTC) - timedelta(minutes=15, seconds=1))
    assert sign_in("maria").status_code == 302


def test_tries_while_it_is_closed_do_not_close_it_for_longer() -> None:
    fail(LIMIT)
    began = AccessAttempt.objects.get().attempt_time
    fail(3)
    assert AccessAttempt.objects.get().attempt_time == began


def test_nobody_is_locked_out_by_somebody_elsewhere() -> None:
    fail(LIMIT)
    assert sign_in("maria", address=ELSEWHERE).status_code == 302


def test_a_success_forgets_the_failures() -> None:
    fail(LIMIT - 1)
    sign_in("maria")
    assert fail(LIMIT - 1) == [200] * (LIMIT - 1)


def test_without_a_proxy_of_ours_a_header_that_anybody_can_write_changes_nothing() -> None:
    assert [fail(1, forwarded=f"203.0.113.{number}")[0] for number in range(LIMIT)][-1] == 429


def test_behind_proxies_of_ours_the_entry_that_the_outermost_wrote_counts(settings: Settings) -> None:
    settings.PROXIES = 2
    invented = [f"203.0.113.{number}, {HERE}, 10.0.0.2" for number in range(LIMIT)]
    assert [fail(1, forwarded=header, address="10.0.0.3")[0] for header in invented][-1] == 429
    assert sign_in("maria", forwarded=f"{HERE}, {ELSEWHERE}, 10.0.0.2", address="10.0.0.3").status_code == 302


@pytest.mark.parametrize("header", ["", "nonsense", "203.0.113.1", "é, ,"])
def test_a_header_that_no_proxy_of_ours_wrote_leaves_the_peer(settings: Settings, header: str) -> None:
    settings.PROXIES = 2
    fail(LIMIT, forwarded=header)
    assert AccessAttempt.objects.get().ip_address == HERE


def test_an_administrator_can_let_somebody_in_again() -> None:
    fail(LIMIT)
    AccessAttempt.objects.all().delete()
    assert sign_in("maria").status_code == 302


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.post("/login/", {"username": "maria", "password": "maria"})
    client.get("/trains")
    return client


def put(browser: Client, name: str, moment: datetime) -> None:
    session = browser.session
    session[name] = moment.isoformat()
    session.save()


def test_a_session_ends_a_day_after_somebody_signed_in(browser: Client) -> None:
    put(browser, SIGNED_IN_AT, datetime.now(UTC) - timedelta(hours=24, seconds=1))
    assert browser.get("/trains")["Location"] == "/login/?next=/trains"
    assert Session.objects.count() == 0


def test_until_then_it_lives(browser: Client) -> None:
    put(browser, SIGNED_IN_AT, datetime.now(UTC) - timedelta(hours=23, minutes=59))
    assert browser.get("/trains").status_code == 200


def test_a_session_that_nobody_used_for_eight_hours_is_over(browser: Client) -> None:
    eight_hours = Session.objects.get().expire_date - datetime.now(UTC)
    assert timedelta(hours=7, minutes=59) < eight_hours <= timedelta(hours=8)
    Session.objects.update(expire_date=datetime.now(UTC) - timedelta(seconds=1))
    assert browser.get("/trains")["Location"] == "/login/?next=/trains"


def test_use_puts_the_end_off_without_a_write_for_each_request(browser: Client) -> None:
    Session.objects.update(expire_date=datetime.now(UTC) + timedelta(hours=1))
    browser.get("/trains")
    assert Session.objects.get().expire_date < datetime.now(UTC) + timedelta(hours=2)

    put(browser, SEEN_AT, datetime.now(UTC) - timedelta(minutes=6))
    Session.objects.update(expire_date=datetime.now(UTC) + timedelta(hours=1))
    browser.get("/trains")
    assert Session.objects.get().expire_date > datetime.now(UTC) + timedelta(hours=7)
