"""The log of deliveries and sending again, by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.actions.deliveries import send_due_deliveries
from releases.models import Delivery, Subscription
from tests.api.calling import caller_for, create_candidate

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.api.calling import Caller


@pytest.fixture
def manager(reachable_platform: HTTPServer) -> Caller:
    reachable_platform.expect_request("/chat", method="POST").respond_with_data("", status=204)
    url = reachable_platform.url_for("/chat")
    Subscription.objects.create(name="chat", url=url, events="release.created")
    return caller_for("manager")


def test_a_delivery_tells_how_far_it_is(manager: Caller) -> None:
    create_candidate(manager)
    [queued] = manager.get("/deliveries").json()["items"]
    send_due_deliveries()
    [sent] = manager.get("/deliveries", {"state": "delivered", "to": "chat", "release": "2.2.0-alpha.1"}).json()[
        "items"
    ]

    assert (queued["state"], queued["again"]["allowed"], queued["tries"]) == ("queued", False, 0)
    assert (sent["state"], sent["again"]["allowed"], sent["tries"]) == ("delivered", True, 1)
    assert (sent["receiver"], sent["receiver_kind"], sent["what"], sent["release"]) == (
        "chat",
        "webhook",
        "release.created",
        "2.2.0-alpha.1",
    )


@pytest.mark.parametrize("query", [{"state": "gave_up"}, {"to": "ops"}, {"release": "9.9.9"}])
def test_a_filter_leaves_out_the_others(manager: Caller, query: dict[str, str]) -> None:
    create_candidate(manager)

    assert manager.get("/deliveries", query).json() == {"items": [], "next_cursor": None}


def test_sending_again_answers_the_new_delivery(manager: Caller) -> None:
    create_candidate(manager)
    send_due_deliveries()
    [sent] = manager.get("/deliveries").json()["items"]

    answer, same = (manager.post(f"/deliveries/{sent['id']}/redeliver", Idempotency_Key="k") for _ in range(2))

    assert (answer.status_code, answer.json()["repeats"], answer.json()["state"]) == (202, sent["id"], "queued")
    assert same.json()["id"] == answer.json()["id"]


def test_what_is_on_its_way_is_refused(manager: Caller) -> None:
    create_candidate(manager)
    answer = manager.post(f"/deliveries/{Delivery.objects.get().pk}/redeliver")

    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "It is still on its way; the board tries again by itself.",
    )


def test_an_unknown_delivery_is_not_found_and_a_viewer_may_not(manager: Caller) -> None:
    create_candidate(manager)
    send_due_deliveries()
    pk = Delivery.objects.get().pk

    assert manager.post("/deliveries/999999/redeliver").status_code == 404
    assert caller_for("viewer").post(f"/deliveries/{pk}/redeliver").status_code == 403


def test_three_deliveries_cost_no_more_queries_than_one_and_pages_follow(manager: Caller) -> None:
    create_candidate(manager)
    alone = _queries(manager)
    for _ in range(2):
        create_candidate(manager)

    assert _queries(manager) == alone
    first = manager.get("/deliveries", {"limit": 2}).json()
    rest = manager.get("/deliveries", {"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]


def _queries(caller: Caller) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert caller.get("/deliveries").status_code == 200
    return len(captured)
