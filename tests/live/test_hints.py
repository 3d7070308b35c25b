"""Hints to other processes: whoever leaves one goes on at once, whatever becomes of it."""

from __future__ import annotations

from queue import Queue
from threading import Event
from typing import TYPE_CHECKING

import pytest

from releases import broadcast, enqueue
from releases.hints import Messenger
from tests import factories
from tests.factories import created, load_bookverse, promote

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 20


class Redis:
    """One that takes a hint and gives no answer until the test lets it."""

    def __init__(self) -> None:
        self.asked: Queue[str] = Queue()
        self.answers = Event()

    def take(self, hint: str) -> None:
        self.asked.put(hint)
        assert self.answers.wait(PATIENCE_S)

    def next(self) -> str:
        return self.asked.get(timeout=PATIENCE_S)


@pytest.fixture
def redis() -> Iterator[Redis]:
    redis = Redis()
    yield redis
    redis.answers.set()


def test_of_hints_about_the_same_only_the_last_is_sent_and_order_is_kept(redis: Redis) -> None:
    messenger = Messenger("test")
    messenger.leave("stalled", lambda: redis.take("stalled"))
    assert redis.next() == "stalled"
    for number in range(3):
        messenger.leave("release 1", lambda number=number: redis.take(f"release 1 #{number}"))  # type: ignore[misc]
        messenger.leave("release 2", lambda number=number: redis.take(f"release 2 #{number}"))  # type: ignore[misc]

    redis.answers.set()

    assert [redis.next(), redis.next()] == ["release 1 #2", "release 2 #2"]
    assert redis.asked.empty()


def test_a_hint_that_fails_keeps_no_other_back(redis: Redis) -> None:
    def fail() -> None:
        raise ConnectionError("redis is away")

    redis.answers.set()
    messenger = Messenger("test")
    messenger.leave(1, fail)
    messenger.leave(2, lambda: redis.take("after it"))

    assert redis.next() == "after it"


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_gives_no_answer_delays_nobodys_click(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "_publish", lambda release_id, _sequence: redis.take(f"release {release_id}"))
    monkeypatch.setattr(enqueue, "_start", lambda name, *_: redis.take(name))
    monkeypatch.setattr(broadcast, "MESSENGER", Messenger("nudges"))
    monkeypatch.setattr(enqueue, "MESSENGER", Messenger("tasks"))
    load_bookverse()
    release = created()

    promotion = promote(release)
    factories.tell(promotion, "inventory", "succeeded")

    assert {redis.next(), redis.next()} == {f"release {release.pk}", "releases.send_due_dispatches"}
    assert redis.asked.empty()  # both are still waited for
