from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.demo.running import running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

ORDER = {"user_id": "reader", "items": [{"book_id": "b-001", "quantity": 2}, {"book_id": "b-003", "quantity": 1}]}


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[httpx2.Client]:
    with running_demo(tmp_path, "checkout") as demo, demo.client("checkout") as client:
        yield client


def test_books_are_listed_page_by_page(shared_inventory: httpx2.Client) -> None:
    page = shared_inventory.get("/api/v1/books?limit=2&offset=1").json()
    assert [book["id"] for book in page["books"]] == ["b-002", "b-003"]
    assert (page["total"], page["limit"], page["offset"]) == (8, 2, 1)


def test_a_page_beyond_the_limits_is_refused(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.get("/api/v1/books?limit=-1").status_code == 422


def test_one_book_is_shown_with_its_stock(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.get("/api/v1/books/b-002").json() == {
        "id": "b-002",
        "title": "Frankenstein",
        "author": "Mary Shelley",
        "price_cents": 890,
        "available": 41,
    }


def test_an_unknown_book_is_not_found(shared_inventory: httpx2.Client) -> None:
    answers = [
        shared_inventory.get("/api/v1/books/b-999"),
        shared_inventory.post("/api/v1/inventory/b-999/adjust", json={}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_adjusting_changes_the_stock(inventory: httpx2.Client) -> None:
    answer = inventory.post("/api/v1/inventory/b-002/adjust", json={"quantity": -40})
    assert (answer.status_code, answer.json()) == (200, {"id": "b-002", "available": 1})
    assert inventory.get("/api/v1/books/b-002").json()["available"] == 1


def test_no_more_can_be_taken_than_there_is(shared_inventory: httpx2.Client) -> None:
    answer = shared_inventory.post("/api/v1/inventory/b-002/adjust", json={"quantity": -42})
    assert (answer.status_code, answer.json()) == (409, {"detail": "Frankenstein has 41 copies in stock."})


@pytest.mark.parametrize("quantity", [None, "some", 1.5, True, 10**30])
def test_an_adjustment_needs_a_whole_number(shared_inventory: httpx2.Client, quantity: object) -> None:
    answer = shared_inventory.post("/api/v1/inventory/b-002/adjust", json={"quantity": quantity})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["quantity"])


def test_a_reader_gets_the_same_recommendations_each_time(tmp_path: Path) -> None:
    with running_demo(tmp_path, "recommendations") as demo, demo.client("recommendations") as client:
        answers = [client.get("/api/v1/recommendations?user_id=reader").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(answers[0]["recommendations"]) == 3


def test_recommendations_need_a_reader(tmp_path: Path) -> None:
    with running_demo(tmp_path, "recommendations") as demo, demo.client("recommendations") as client:
        assert client.get("/api/v1/recommendations").status_code == 422


def test_a_placed_order_can_be_shown(checkout: httpx2.Client) -> None:
    placed = checkout.post("/api/v1/orders", json=ORDER)
    assert placed.status_code == 201
    assert placed.json() == {
        "orderId": placed.json()["orderId"],
        "status": "confirmed",
        **ORDER,
        "total_cents": 2 * 1490 + 790,
    }
    assert checkout.get(f"/api/v1/orders/{placed.json()['orderId']}").json() == placed.json()


def test_an_order_with_the_same_key_is_placed_once(checkout: httpx2.Client) -> None:
    answers = [checkout.post("/api/v1/orders", json=ORDER, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_another_order_under_the_same_key_is_refused(checkout: httpx2.Client) -> None:
    checkout.post("/api/v1/orders", json=ORDER, headers={"Idempotency-Key": "k"})
    answer = checkout.post("/api/v1/orders", json={**ORDER, "user_id": "other"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 409


def test_orders_without_a_key_are_separate(checkout: httpx2.Client) -> None:
    assert len({checkout.post("/api/v1/orders", json=ORDER).json()["orderId"] for _ in range(2)}) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user_id": ""}, "user_id"),
        ({"items": []}, "items"),
        ({"items": "b-001"}, "items"),
        ({"items": ["b-001"]}, "items"),
        ({"items": [{"book_id": "b-999", "quantity": 1}]}, "book_id"),
        ({"items": [{"book_id": "b-001", "quantity": 0}]}, "quantity"),
    ],
)
def test_a_malformed_order_is_refused_by_field(
    shared_checkout: httpx2.Client, change: dict[str, object], field: str
) -> None:
    answer = shared_checkout.post("/api/v1/orders", json={**ORDER, **change})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, [field])


def test_an_unknown_order_is_not_found(shared_checkout: httpx2.Client) -> None:
    assert shared_checkout.get("/api/v1/orders/none").status_code == 404


def test_helm_lists_the_chart_of_each_stage(tmp_path: Path) -> None:
    with running_demo(tmp_path, "helm") as demo, demo.client("helm") as client:
        releases = client.get("/api/v1/releases").json()["releases"]
    assert releases == [
        {"stage": stage, "chart": "bookverse", "version": "1.1.0"} for stage in ("DEV", "QA", "STAGING", "PROD")
    ]
