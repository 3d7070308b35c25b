"""Posting orders, many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from releases.clients.services import Order, send_orders
from releases.clients.signing import callback_token, is_token, token_hash
from releases.domain.aggregation import Answer
from tests.fakes.service import FakeService, fake_service

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = UUID(int=7)


@pytest.fixture
def service() -> Iterator[FakeService]:
    with fake_service() as fake:
        yield fake


def order(service: FakeService, key: str) -> Order:
    return Order(
        url=f"{service.url}/inventory/deployments",
        key=key,
        correlation_id="c",
        attempt=1,
        stage="DEV",
        service="inventory",
        from_version=None,
        to_version="1.4.0",
        platform_version="2.2.0-alpha.1",
        callback_url="http://127.0.0.1:9/",
        callback_token="t",
        deadline="2030-01-01T00:00:00Z",
    )


def test_each_order_gets_its_own_answer(service: FakeService) -> None:
    service.answer(202)
    answers: dict[str, Answer] = {}

    send_orders([order(service, "a")], lambda sent, answer: answers.update({sent.key: answer}))

    assert answers == {"a": Answer(status=202)}


def test_a_note_that_cannot_be_written_costs_no_other_order_its_own(service: FakeService) -> None:
    noted: list[str] = []

    def note(sent: Order, _answer: Answer) -> None:
        if sent.key == "0":
            raise SystemError("the database is away")
        noted.append(sent.key)

    with pytest.raises(SystemError):
        send_orders([order(service, str(number)) for number in range(8)], note)

    assert sorted(noted) == ["1", "2", "3", "4", "5", "6", "7"]


def test_no_order_is_no_work() -> None:
    send_orders([], lambda _sent, _answer: pytest.fail("there was nothing to note"))


def test_an_answer_without_an_end_is_not_waited_for(service: FakeService) -> None:
    service.answer(202, content_length="1000000")
    answers: list[Answer] = []

    send_orders([order(service, "a")], lambda _sent, answer: answers.append(answer))

    assert answers == [Answer(status=202)]


def test_a_token_is_the_same_every_time_and_for_its_dispatch_only() -> None:
    token = callback_token(signing_key=b"key", dispatch_key=KEY)

    assert token == callback_token(signing_key=b"key", dispatch_key=KEY)
    assert token != callback_token(signing_key=b"key", dispatch_key=UUID(int=8))
    assert token != callback_token(signing_key=b"other", dispatch_key=KEY)


@pytest.mark.parametrize(("token", "expected"), [("secret", True), ("Secret", False), ("", False)])
def test_a_token_is_compared_with_its_hash(token: str, expected: bool) -> None:  # noqa: FBT001
    assert is_token(token, token_hash("secret")) is expected
