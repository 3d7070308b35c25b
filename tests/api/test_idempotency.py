from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.models import Promotion, Release
from tests.api.calling import caller_for, open_dispatches, promote, report

if TYPE_CHECKING:
    from tests.api.calling import Caller

KEY = "7f9c"


def test_creating_twice_with_one_key_creates_once(manager: Caller) -> None:
    body = {"accept_digest": manager.post("/plans/preview", {}).json()["digest"]}
    first, second = (manager.post("/releases", body, Idempotency_Key=KEY) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Release.objects.count() == 1


def test_creating_something_else_with_the_same_key_is_a_conflict(manager: Caller) -> None:
    body = {"accept_digest": manager.post("/plans/preview", {}).json()["digest"]}
    manager.post("/releases", body, Idempotency_Key=KEY)
    answer = manager.post("/releases", body | {"title": "Other"}, Idempotency_Key=KEY)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bookverse:problem:idempotency-key-reused")


def test_promoting_twice_with_one_key_promotes_once(manager: Caller, candidate: str) -> None:
    path, body = f"/releases/{candidate}/promotions", {"stage": "DEV"}
    first, second = (manager.post(path, body, Idempotency_Key=KEY) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Promotion.objects.count() == 1


def test_promoting_elsewhere_with_the_same_key_is_a_conflict(manager: Caller, candidate: str) -> None:
    manager.post(f"/releases/{candidate}/promotions", {"stage": "DEV"}, Idempotency_Key=KEY)
    answer = manager.post(f"/releases/{candidate}/promotions", {"stage": "PROD"}, Idempotency_Key=KEY)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bookverse:problem:idempotency-key-reused")


def test_retrying_twice_with_one_key_asks_once(manager: Caller, candidate: str) -> None:
    promote(manager)
    report(open_dispatches()[0], "failed")
    path = f"/releases/{candidate}/steps/inventory/retry"
    answers = [manager.post(path, Idempotency_Key=KEY).json() for _ in range(2)]
    assert answers == [{"service": "inventory", "attempt": 2}] * 2


def test_the_same_key_of_somebody_else_is_another_key(manager: Caller, candidate: str) -> None:
    manager.post(f"/releases/{candidate}/promotions", {"stage": "DEV"}, Idempotency_Key=KEY)
    answer = caller_for("viewer").post(f"/releases/{candidate}/promotions", {"stage": "DEV"}, Idempotency_Key=KEY)
    assert answer.status_code == 403


@pytest.mark.parametrize("key", ["x" * 129, "a\tb", "é"])
def test_a_key_that_is_none_is_malformed(manager: Caller, key: str) -> None:
    answer = manager.post("/releases", {"accept_digest": "0"}, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["header", "Idempotency-Key"])
