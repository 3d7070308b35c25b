"""What administrators write about a stage, and how it is read."""

from __future__ import annotations

import pytest

from releases.domain.errors import InvalidInput
from releases.domain.validation_setup import (
    DeployedService,
    ProtectedPath,
    Setup,
    read_fields,
    read_paths,
    read_protected,
)


def test_what_is_left_out_is_as_usual() -> None:
    paths, fields = read_paths({"books": "/v2/books"}), read_fields({"order_id": "data.orderId"})

    assert (paths.books, paths.orders, fields.order_id, fields.user) == (
        "/v2/books",
        "/api/v1/orders",
        "data.orderId",
        "user_id",
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (["/"], "Give an object of names and texts."),
        ({"moon": "/"}, "There is no moon; known are books, stock, cart, orders, order, cancel, health."),
        ({"books": 1}, "books must be a text of at most 300 characters."),
        ({"books": "/" * 301}, "books must be a text of at most 300 characters."),
        ({"books": "/\0"}, "books must be a text of at most 300 characters."),
        ({"books": "books"}, "books must begin with one slash, as /api/v1/books does."),
        ({"books": "//elsewhere.example"}, "books must begin with one slash, as /api/v1/books does."),
    ],
)
def test_paths_that_cannot_be_read_are_refused(document: object, message: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_paths(document)
    assert refusal.value.message == message


def test_protected_paths_are_read_line_by_line() -> None:
    assert read_protected("checkout GET /api/v1/orders\n\n web POST /admin ") == (
        ProtectedPath(service="checkout", method="GET", path="/api/v1/orders"),
        ProtectedPath(service="web", method="POST", path="/admin"),
    )


@pytest.mark.parametrize("line", ["checkout /orders", "checkout FETCH /orders", "checkout GET orders", "a b c d"])
def test_a_line_that_is_no_protected_path_is_refused(line: str) -> None:
    with pytest.raises(InvalidInput, match="should read like"):
        read_protected(line)


def test_what_is_filled_into_a_path_cannot_lead_elsewhere() -> None:
    setup = Setup(key="k", stage="QA/../PROD", catalog_url="", orders_url="")

    assert setup.url("http://shop", "/{stage}/books/{id}", "../admin?x=1#") == (
        "http://shop/QA%2F..%2FPROD/books/..%2Fadmin%3Fx%3D1%23"
    )


def test_a_service_that_is_not_deployed_has_no_address() -> None:
    services = (DeployedService(slug="web", version="1.0.0", url="http://web"),)
    setup = Setup(key="k", stage="QA", catalog_url="", orders_url="", services=services)

    assert (setup.base_of("web"), setup.base_of("moon")) == ("http://web", "")
