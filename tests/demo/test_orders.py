"""Orders of the simulated shop: they take copies from inventory, and give them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bookverse.demo.addresses import DEMO_TOKEN
from tests.demo.running import Demo, running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

ORDER = {"user_id": "reader", "items": [{"book_id": "b-001", "quantity": 2}, {"book_id": "b-003", "quantity": 1}]}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Demo]:
    with running_demo(tmp_path, "inventory", "checkout") as running:
        yield running


@pytest.fixture
def checkout(shop: Demo) -> Iterator[httpx2.Client]:
    with shop.client("checkout") as client:
        yield client


@pytest.fixture
def inventory(shop: Demo) -> Iterator[httpx2.Client]:
    with shop.client("inventory") as client:
        yield client


def stock(inventory: httpx2.Client) -> list[int]:
    return [inventory.get(f"/api/v1/books/{book}").json()["available"] for book in ("b-001", "b-003")]


def test_an_order_takes_its_copies_once_for_each_key(checkout: httpx2.Client, inventory: httpx2.Client) -> None:
    for _ in range(2):
        checkout.post("/api/v1/orders", json=ORDER, headers={"Idempotency-Key": "k"})

    assert stock(inventory) == [24 - 2, 33 - 1]


def test_a_cancelled_order_gives_them_back_and_is_gone(checkout: httpx2.Client, inventory: httpx2.Client) -> None:
    order = checkout.post("/api/v1/orders", json=ORDER).json()["orderId"]

    answer = checkout.post(f"/api/v1/orders/{order}/cancel")

    assert (answer.status_code, answer.json()) == (200, {"orderId": order, "status": "cancelled"})
    assert stock(inventory) == [24, 33]
    assert checkout.post(f"/api/v1/orders/{order}/cancel").status_code == 404


def test_an_order_that_cannot_be_filled_takes_nothing(checkout: httpx2.Client, inventory: httpx2.Client) -> None:
    items = [{"book_id": "b-001", "quantity": 2}, {"book_id": "b-003", "quantity": 34}]

    answer = checkout.post("/api/v1/orders", json={"user_id": "reader", "items": items})

    assert (answer.status_code, answer.json()) == (409, {"detail": "The Time Machine has 33 copies in stock."})
    assert stock(inventory) == [24, 33]


def test_an_order_while_inventory_fails_is_put_off(checkout: httpx2.Client, inventory: httpx2.Client) -> None:
    inventory.put("/settings", json={"mode": "fail"})

    answer = checkout.post("/api/v1/orders", json=ORDER)

    assert (answer.status_code, answer.json()) == (503, {"detail": "inventory answered 500."})


@pytest.mark.parametrize(("token", "status"), [("", 401), ("Bearer other", 401), (f"Bearer {DEMO_TOKEN}", 200)])
def test_the_list_of_orders_needs_a_token(shared_checkout: httpx2.Client, token: str, status: int) -> None:
    assert shared_checkout.get("/api/v1/orders", headers={"Authorization": token}).status_code == status


@pytest.mark.parametrize(("mode", "status"), [("fail", 500), ("reject", 403), ("succeed", 200)])
def test_the_shop_behaves_as_the_service_is_told(inventory: httpx2.Client, mode: str, status: int) -> None:
    inventory.put("/settings", json={"mode": mode})

    assert inventory.get("/api/v1/books").status_code == status


def test_health_names_the_version_of_the_stage(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.get("/health?stage=QA").json()["version"] == "1.2.3"


def test_every_answer_carries_safe_headers(shared_inventory: httpx2.Client) -> None:
    answers = [shared_inventory.get(path) for path in ("/health", "/api/v1/books", "/nowhere", "/")]

    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}
    assert {answer.headers["content-security-policy"].partition(";")[0] for answer in answers} == {"default-src 'none'"}
