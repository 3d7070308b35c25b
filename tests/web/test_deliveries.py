"""The page of deliveries and its button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from releases.models import Delivery, Subscription
from tests.factories import created

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def chat(manager: Client) -> Subscription:
    return Subscription.objects.create(name="chat", url="http://127.0.0.1:9/", events="release.created")


def page(client: Client, **query: str) -> str:
    answer = client.get("/deliveries", query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_empty_log_says_what_will_appear(viewer: Client) -> None:
    assert "Nothing was sent yet." in page(viewer)


def test_the_log_shows_each_message_and_why_a_button_is_off(manager: Client, chat: Subscription) -> None:
    created()
    content = page(manager)

    assert ("chat" in content, "release.created" in content, "2.2.0-alpha.1" in content) == (True, True, True)
    assert "It is still on its way; the board tries again by itself." in content


def test_the_filter_is_in_the_address(manager: Client, chat: Subscription) -> None:
    created()

    assert "No delivery matches." in page(manager, state="gave_up")
    assert "No delivery matches." not in page(manager, state="queued", to="chat", release="2.2.0-alpha.1")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_message_that_was_given_up_is_sent_again(
    manager: Client, chat: Subscription, headers: dict[str, str]
) -> None:
    created()
    Delivery.objects.update(gave_up_at=timezone.now(), problem="chat answered 410")
    assert "chat answered 410" in page(manager)

    answer = manager.post(f"/deliveries/{Delivery.objects.get().pk}/redeliver", headers=headers)

    assert answer.headers.get("HX-Redirect", answer.headers.get("Location")) == "/deliveries"
    assert [bool(delivery.repeats_id) for delivery in Delivery.objects.order_by("pk")] == [False, True]


def test_who_only_looks_has_no_button(manager: Client, viewer: Client, chat: Subscription) -> None:
    created()
    Delivery.objects.update(delivered_at=timezone.now())

    assert "To send a message again you need the role release manager." in page(viewer)
    assert viewer.post(f"/deliveries/{Delivery.objects.get().pk}/redeliver").status_code == 403


def test_more_messages_cost_no_more_queries(manager: Client, chat: Subscription) -> None:
    created()
    alone = _queries(manager)
    for _ in range(2):
        created()

    assert _queries(manager) == alone


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        page(client)
    return len(captured)
