"""The simulated build system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.demo.running import running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

    from tests.demo.board import FakeBoard


@pytest.fixture
def ci(tmp_path: Path) -> Iterator[httpx2.Client]:
    with running_demo(tmp_path, "ci") as running, running.client("ci") as client:
        client.put("/settings", json={"duration_ms": 20}).raise_for_status()
        yield client


def build(url: str, **changes: object) -> dict[str, Any]:
    return {
        "order": "6f1c1a52-3c39-4d1c-9d0e-6a4f6f0a2a10",
        "train": "2026-W48",
        "branch": "release/2026-W48",
        "platform_version": "2.2.0",
        "versions": {"inventory": "1.4.0"},
        "callback_url": url,
        "callback_token": "token-of-this-order",
        "deadline": "2030-01-01T00:00:10Z",
        **changes,
    }


def order(client: httpx2.Client, body: object, key: str = "k") -> httpx2.Response:
    return client.post("/builds", json=body, headers={"Idempotency-Key": key})


def test_a_build_is_reported_step_by_step_with_the_order_it_answers(ci: httpx2.Client, board: FakeBoard) -> None:
    assert order(ci, build(board.url)).status_code == 202
    reports = board.until_last()
    assert {each.authorization for each in reports} == {"Bearer token-of-this-order"}
    assert reports[-1].body == {
        "order": "6f1c1a52-3c39-4d1c-9d0e-6a4f6f0a2a10",
        "status": "succeeded",
        "percent": 100,
        "message": "every service was built from its own version",
        "sequence": 6,
    }
    assert reports[1].body["message"] == "making the release branch"


def test_a_repeated_order_starts_nothing_twice(ci: httpx2.Client, board: FakeBoard) -> None:
    answers = [order(ci, build(board.url)).status_code for _ in range(2)]
    board.until_last()
    assert (answers, "Recent deployments" in ci.get("/").text) == ([202, 202], True)


def test_a_build_fails_as_its_page_says(ci: httpx2.Client, board: FakeBoard) -> None:
    ci.post("/settings", data={"mode": "fail", "failure_message": "tests are red", "times": "1"})
    order(ci, build(board.url))
    last = board.until_last()[-1].body
    assert (last["status"], last["message"]) == ("failed", "tests are red")


def test_a_build_system_that_rejects_answers_401(ci: httpx2.Client, board: FakeBoard) -> None:
    ci.put("/settings", json={"mode": "reject"})
    assert order(ci, build(board.url)).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"versions": {}}, {"versions": []}, {"branch": ""}, {"order": None}, {"callback_url": "x"}, {"deadline": "soon"}],
)
def test_a_malformed_order_is_refused(ci: httpx2.Client, board: FakeBoard, changes: dict[str, Any]) -> None:
    assert order(ci, build(board.url, **changes)).status_code == 422


def test_the_build_system_is_healthy(ci: httpx2.Client) -> None:
    assert ci.get("/health").json() == {"status": "healthy", "service": "ci"}
