"""What is turned away unread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as configured
from django.test import Client

from bookverse import limits, rates
from bookverse.rates import OwnBuckets, Rate, SharedBuckets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test.client import _MonkeyPatchedWSGIResponse as Response
    from pytest_django.fixtures import Settings

HERE, ELSEWHERE = "198.51.100.7", "198.51.100.8"
THREE = Rate(requests=3, seconds=3)
PROBLEM = "urn:bookverse:problem:too-many-requests"
UNREACHABLE = "redis://127.0.0.1:9/0"


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def counted_here(settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATE_LIMIT, settings.CALLBACK_RATE_LIMIT = 3, 2
    own = OwnBuckets(clock)
    monkeypatch.setattr(limits, "buckets", lambda: own)


def ask(path: str = "/api/v1/health", *, address: str = HERE, token: str = "", **extra: str) -> Response:
    headers = {**extra, **({"Authorization": f"Bearer {token}"} if token else {})}
    return Client().get(path, headers=headers, REMOTE_ADDR=address)


def test_as_many_as_the_limit_may_come_at_once_and_the_next_is_told_when(db: None) -> None:
    answers = [ask() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert (answers[-1]["Retry-After"], answers[-1]["Content-Type"]) == ("1", "application/problem+json")
    assert answers[-1].json() == {
        "type": PROBLEM,
        "title": "Too many requests",
        "status": 429,
        "detail": "That is more than the board takes from one caller at a time. Come again in 1 second.",
    }


def test_who_waits_as_told_is_let_in(db: None, clock: Clock) -> None:
    refused = [ask() for _ in range(4)][-1]
    clock.now += int(refused["Retry-After"])
    assert ask().status_code == 200


def test_each_address_has_its_own(db: None) -> None:
    assert [ask(address=address).status_code for address in [HERE] * 4 + [ELSEWHERE]] == [200, 200, 200, 429, 200]


def test_made_up_tokens_and_addresses_are_no_way_around(db: None) -> None:
    made_up = [ask(token=f"rb_{number}_x", X_Forwarded_For=f"203.0.113.{number}") for number in range(4)]
    assert made_up[-1].status_code == 429


def test_a_page_says_it_in_plain_words(db: None) -> None:
    refused = [ask("/login/") for _ in range(4)][-1]
    words = "That is more than the board takes from one caller at a time. Come again in 1 second.\n"
    assert (refused.status_code, refused.content.decode(), refused["Retry-After"]) == (429, words, "1")


def test_who_keeps_the_processes_running_is_never_turned_away(db: None) -> None:
    assert {ask(path).status_code for path in ["/healthz", "/readyz"] * 4} == {200}


def report(token: str, address: str) -> Response:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().post("/api/v1/callbacks", {}, "application/json", headers=headers, REMOTE_ADDR=address)


def test_callbacks_are_limited_by_their_token_too(db: None) -> None:
    addresses = [f"198.51.100.{number}" for number in range(3)]
    assert [report("one", address).status_code for address in addresses] == [422, 422, 429]
    assert report("another", "198.51.100.9").status_code == 422


def test_one_password_for_many_names_is_tried_sixty_times_and_no_more(db: None, settings: Settings) -> None:
    settings.RATE_LIMIT = 1000
    forms = [{"username": f"name-{number}", "password": "spring"} for number in range(61)]
    statuses = [Client().post("/login/", form, REMOTE_ADDR=HERE).status_code for form in forms]
    assert (set(statuses[:-1]), statuses[-1]) == ({200}, 429)


def test_no_limit_is_a_choice(db: None, settings: Settings) -> None:
    settings.RATE_LIMIT = 0
    assert {ask().status_code for _ in range(20)} == {200}


@pytest.mark.parametrize("path", ["/api/v1/verdict", "/plans/preview"])
def test_a_body_over_the_limit_is_told_the_limit(db: None, path: str) -> None:
    answer = Client().post(path, b"x" * (1024 * 1024 + 1), "application/json")
    words = "The body is over 1 MiB, which is the limit of every request; that of a callback is 64 KiB."
    said = answer.json()["detail"] if path.startswith("/api/") else answer.content.decode().strip()
    assert (answer.status_code, said) == (413, words)


@pytest.fixture(params=["own", "shared"])
def buckets(request: pytest.FixtureRequest) -> Iterator[OwnBuckets | SharedBuckets]:
    if request.param == "own":
        yield OwnBuckets()
    elif configured.REDIS_URL:
        yield SharedBuckets(configured.REDIS_URL)
    else:
        pytest.skip("there is no Redis here; make test-postgres brings one")


def test_threads_take_no_request_twice(buckets: OwnBuckets | SharedBuckets, request: pytest.FixtureRequest) -> None:
    hour = Rate(requests=50, seconds=3600)
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: buckets.wait_s(request.node.nodeid, hour), range(200)))
    assert sum(wait == 0 for wait in waits) == 50
    assert all(60 < wait <= 72 for wait in waits if wait)


def test_while_redis_is_away_each_process_counts_for_itself_and_soon_asks_again(clock: Clock) -> None:
    shared = SharedBuckets(UNREACHABLE, clock)
    assert [shared.wait_s("somebody", THREE) for _ in range(4)] == [0, 0, 0, 1]
    assert shared._away_until == clock.now + rates.LEAVE_ALONE_S  # noqa: SLF001 (it shows only in how long requests take)


def test_callers_that_came_long_ago_are_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "REMEMBERED", 2)
    own = OwnBuckets(clock)
    for caller in ("one", "two"):
        own.wait_s(caller, THREE)
    clock.now += 10
    own.wait_s("three", THREE)
    assert list(own._full_at) == ["three"]  # noqa: SLF001 (what is forgotten shows nowhere else)
