"""Reports of the build system over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from releases import conf
from releases.clients.signing import callback_token
from releases.models import BuildOrder
from tests.api.calling import Caller
from tests.travelling import planned, platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(transactional_db: None, httpserver: HTTPServer, settings: Settings) -> Iterator[BuildOrder]:
    settings.BUILD_URL = "http://127.0.0.1:9/builds"
    with platform(httpserver):
        planned()
        yield BuildOrder.objects.get()


def caller_of(order: BuildOrder) -> Caller:
    return Caller(token=callback_token(signing_key=conf.signing_key(), dispatch_key=order.key))


def test_a_report_is_stored_and_answered(order: BuildOrder) -> None:
    body = {"order": str(order.key), "status": "progress", "percent": 40, "message": "building", "sequence": 2}
    answer = caller_of(order).post("/builds/callbacks", body)
    order.refresh_from_db()
    assert (answer.status_code, answer.json()) == (200, {"state": "in_progress", "duplicate": False, "late": False})
    assert (order.state, order.percent, order.message, order.sequence) == ("in_progress", 40, "building", 2)


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_without_the_order_s_token_nothing_is_stored(order: BuildOrder, token: str) -> None:
    answer = Caller(token=token).post("/builds/callbacks", {"order": str(order.key), "status": "succeeded"})
    order.refresh_from_db()
    assert (answer.status_code, order.state) == (401, "pending")


def test_an_unknown_order_is_answered_like_a_wrong_token(order: BuildOrder) -> None:
    assert caller_of(order).post("/builds/callbacks", {"order": str(uuid4()), "status": "succeeded"}).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"status": "fine"}, {"order": "x"}, {"percent": 101}, {"percent": "40"}, {"message": "a\x00b"}, {"sequence": -1}],
)
def test_a_malformed_report_is_refused(order: BuildOrder, changes: dict[str, Any]) -> None:
    body = {"order": str(order.key), "status": "progress", **changes}
    assert caller_of(order).post("/builds/callbacks", body).status_code == 422


def test_a_long_message_is_cut(order: BuildOrder) -> None:
    body = {"order": str(order.key), "status": "failed", "message": "x" * 9_000}
    assert caller_of(order).post("/builds/callbacks", body).status_code == 200
    order.refresh_from_db()
    assert order.message == "x" * 500
