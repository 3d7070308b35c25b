from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bookverse.demo.service.workshop import Pace
from tests.demo.running import Demo, dispatch, order, running_demo

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from tests.demo.board import FakeBoard


def test_an_accepted_dispatch_is_reported_step_by_step_until_it_succeeded(
    inventory: httpx2.Client, board: FakeBoard
) -> None:
    assert dispatch(inventory, order(board.url), key="first").status_code == 202
    reports = [received.body for received in board.until_last()]
    assert [(body["sequence"], body["status"], body["percent"], body["message"]) for body in reports] == [
        (1, "accepted", 0, "accepted"),
        (2, "progress", 20, "pulling image"),
        (3, "progress", 45, "migrating"),
        (4, "progress", 70, "starting"),
        (5, "progress", 90, "health check"),
        (6, "succeeded", 100, "healthy"),
    ]


def test_the_last_callback_names_the_dispatch_that_it_answers(inventory: httpx2.Client, board: FakeBoard) -> None:
    dispatch(inventory, order(board.url, attempt=3), key="first")
    last = board.until_last()[-1]
    assert last.authorization == "Bearer token-of-this-dispatch"
    assert last.body == {
        "correlation_id": "6f1c1a52-3c39-4d1c-9d0e-6a4f6f0a2a10",
        "source": "inventory",
        "attempt": 3,
        "status": "succeeded",
        "percent": 100,
        "message": "healthy",
        "sequence": 6,
        "details": {"stage": "DEV", "version": "1.4.0"},
    }


def test_the_same_key_again_answers_as_before_and_starts_nothing(
    demo: Demo, inventory: httpx2.Client, board: FakeBoard
) -> None:
    answers = [dispatch(inventory, order(board.url), key="first") for _ in range(3)]
    board.until_last()
    dispatch(inventory, order(board.url), key="first")
    dispatch(inventory, order(board.url), key="second")
    sequences = [received.body["sequence"] for received in board.until_last()]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (202, {"key": "first", "state": "accepted"})
    ] * 3
    assert sequences == [1, 2, 3, 4, 5, 6]
    assert demo.rows("inventory", "SELECT key, attempt, version FROM effects ORDER BY at") == [
        ("first", 1, "1.4.0"),
        ("second", 1, "1.4.0"),
    ]


def test_the_state_of_a_finished_deployment_can_be_asked_for(inventory: httpx2.Client, board: FakeBoard) -> None:
    dispatch(inventory, order(board.url), key="first")
    board.until_last()
    answer = inventory.get("/deployments/first")
    assert answer.json() == {"state": "succeeded", "percent": 100, "message": "healthy"}


def test_an_accepted_order_names_where_its_state_can_be_asked_for(inventory: httpx2.Client, board: FakeBoard) -> None:
    answer = dispatch(inventory, order(board.url), key="first")

    assert answer.headers["location"] == "/deployments/first"
    assert inventory.get(answer.headers["location"]).status_code == 200


def test_the_state_of_an_unknown_deployment_is_not_found(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.get("/deployments/first").status_code == 404


def test_a_success_becomes_the_live_version_of_that_stage_only(inventory: httpx2.Client, board: FakeBoard) -> None:
    dispatch(inventory, order(board.url), key="first")
    board.until_last()
    live = {stage: inventory.get(f"/version?stage={stage}").json()["version"] for stage in ("DEV", "QA", "PROD")}
    assert live == {"DEV": "1.4.0", "QA": "1.2.3", "PROD": "1.2.3"}


def test_a_failing_service_says_why_and_changes_nothing(inventory: httpx2.Client, board: FakeBoard) -> None:
    inventory.put("/settings", json={"mode": "fail", "failure_message": "disk full"})
    dispatch(inventory, order(board.url), key="first")
    last = board.until_last()[-1].body
    assert (last["status"], last["message"]) == ("failed", "disk full")
    assert inventory.get("/deployments/first").json()["state"] == "failed"
    assert inventory.get("/version?stage=DEV").json()["version"] == "1.2.3"


def test_a_mode_for_one_time_ends_after_one_deployment(inventory: httpx2.Client, board: FakeBoard) -> None:
    inventory.put("/settings", json={"mode": "fail", "times": 1})
    outcomes = []
    for key in ("first", "second"):
        dispatch(inventory, order(board.url), key=key)
        outcomes.append(board.until_last()[-1].body["status"])
    assert outcomes == ["failed", "succeeded"]


def test_a_rejecting_service_answers_401_each_time_it_is_asked_under_that_key(
    inventory: httpx2.Client, board: FakeBoard
) -> None:
    inventory.put("/settings", json={"mode": "reject", "times": 1})
    statuses = [dispatch(inventory, order(board.url), key=key).status_code for key in ("first", "first", "second")]
    assert statuses == [401, 401, 202]
    assert inventory.get("/deployments/first").status_code == 404


def test_a_silent_service_accepts_and_never_calls_back(inventory: httpx2.Client, board: FakeBoard) -> None:
    inventory.put("/settings", json={"mode": "silent", "times": 1})
    assert dispatch(inventory, order(board.url, attempt=1), key="first").status_code == 202
    dispatch(inventory, order(board.url, attempt=2), key="second")
    assert {received.body["attempt"] for received in board.until_last()} == {2}
    assert inventory.get("/deployments/first").json() == {"state": "accepted", "percent": 0, "message": ""}


def test_a_callback_is_repeated_until_the_board_stored_it(inventory: httpx2.Client, board: FakeBoard) -> None:
    for status in (503, 500, 429, 302, 409):
        board.answers.put(status)
    dispatch(inventory, order(board.url), key="first")
    received = [(each.body["sequence"], each.answered) for each in board.until_last()]
    assert received[:6] == [(1, 503), (1, 500), (1, 429), (1, 302), (1, 409), (1, 200)]
    assert [sequence for sequence, _ in received[6:]] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("status", [401, 404, 410, 422])
def test_a_callback_that_the_board_refuses_for_good_is_not_repeated(
    demo: Demo, inventory: httpx2.Client, board: FakeBoard, status: int
) -> None:
    board.answers.put(status)
    dispatch(inventory, order(board.url), key="first")
    assert [received.body["sequence"] for received in board.until_last()] == [1, 2, 3, 4, 5, 6]
    assert demo.rows("inventory", "SELECT outcome FROM callbacks WHERE sequence = 1") == [(f"given up after {status}",)]


def test_callbacks_that_nobody_took_are_sent_after_a_restart(tmp_path: Path, board: FakeBoard) -> None:
    with running_demo(tmp_path, "inventory") as demo, demo.client("inventory") as client:
        client.put("/settings", json={"duration_ms": 0})
        board.refuse_all = True
        dispatch(client, order(board.url), key="first")
        board.next()
    board.refuse_all = False
    with running_demo(tmp_path, "inventory"):
        acknowledged = [each.body["sequence"] for each in board.until_last() if each.answered == 200]
    assert acknowledged == [1, 2, 3, 4, 5, 6]


def test_a_callback_that_is_too_old_to_be_believed_is_given_up(tmp_path: Path, board: FakeBoard) -> None:
    board.answers.put(503)
    at_once = Pace(first_wait_s=0.01, longest_wait_s=0.05, give_up_after_s=-1)
    with running_demo(tmp_path, "inventory", pace=at_once) as demo, demo.client("inventory") as client:
        client.put("/settings", json={"duration_ms": 20})
        dispatch(client, order(board.url), key="first")
        assert [received.body["sequence"] for received in board.until_last()] == [1, 2, 3, 4, 5, 6]
        outcomes = demo.rows("inventory", "SELECT outcome, tries FROM callbacks WHERE sequence = 1")
    assert outcomes == [("given up: too old", 1)]


def test_an_order_of_no_version_uninstalls(tmp_path: Path, board: FakeBoard) -> None:
    with running_demo(tmp_path, "inventory") as demo, demo.client("inventory") as client:
        client.put("/settings", json={"duration_ms": 20})
        dispatch(client, order(board.url, from_version="1.2.3", to_version=None), key="first")
        last = board.until_last()[-1].body
        answer = client.get("/version?stage=DEV")

    assert (last["status"], last["details"]) == ("succeeded", {"stage": "DEV", "version": None})
    assert (answer.status_code, answer.json()["detail"]) == (404, "Nothing is deployed to DEV.")


def test_an_order_that_forgot_its_version_uninstalls_nothing(shared_inventory: httpx2.Client, board: FakeBoard) -> None:
    asked = order(board.url)
    del asked["to_version"]
    answer = dispatch(shared_inventory, asked, key="forgetful")

    assert (answer.status_code, [error["loc"] for error in answer.json()["errors"]]) == (422, [["to_version"]])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("correlation_id", ""),
        ("attempt", 0),
        ("attempt", True),
        ("attempt", 10**400),
        ("stage", None),
        ("service", "checkout"),
        ("to_version", "one point four"),
        ("to_version", ""),
        ("from_version", 7),
        ("callback_url", "file:///etc/passwd"),
        ("callback_url", "http://[::1"),
        ("callback_url", "http://127.0.0.1:99999/"),
        ("callback_token", "two words"),
        ("callback_token", "nul\x00"),
        ("correlation_id", "\ud800"),
        ("deadline", "tomorrow"),
    ],
)
def test_a_malformed_dispatch_is_refused_with_the_name_of_the_field(
    shared_inventory: httpx2.Client, board: FakeBoard, field: str, value: object
) -> None:
    answer = dispatch(shared_inventory, order(board.url, **{field: value}), key="first")
    assert (answer.status_code, [error["loc"] for error in answer.json()["errors"]]) == (422, [[field]])


def test_a_dispatch_without_a_key_is_refused(shared_inventory: httpx2.Client, board: FakeBoard) -> None:
    answer = shared_inventory.post("/deployments", json=order(board.url))
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["idempotency-key"])


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"\xff", b"[" * 20_000])
def test_a_body_that_is_no_json_object_is_refused(shared_inventory: httpx2.Client, body: bytes) -> None:
    answer = shared_inventory.post("/deployments", content=body, headers={"Idempotency-Key": "first"})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body"])


def test_a_body_that_is_too_large_is_refused(shared_inventory: httpx2.Client) -> None:
    answer = shared_inventory.post("/deployments", content=b" " * 65_537, headers={"Idempotency-Key": "first"})
    assert answer.status_code == 413
