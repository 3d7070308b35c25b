"""Subscriptions to edit, and the log of deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import Delivery, Subscription
from tests.factories import created

if TYPE_CHECKING:
    from django.test import Client

FORM = {"name": "chat", "url": "https://chat.example.org/", "events": "promotion.*", "active": "on", "generation": "1"}


def test_a_subscription_is_added_with_its_stages(administrator: Client) -> None:
    answer = administrator.post("/admin/releases/subscription/add/", {**FORM, "stages": ["DEV", "PROD"]})

    assert answer.status_code == 302
    assert [(row.name, row.events, row.stages) for row in Subscription.objects.all()] == [
        ("chat", "promotion.*", ["DEV", "PROD"])
    ]


def test_an_event_that_nobody_knows_is_refused(administrator: Client) -> None:
    answer = administrator.post("/admin/releases/subscription/add/", {**FORM, "events": "promotion.vanished"})

    assert "No event is called promotion.vanished; the events are" in answer.content.decode()
    assert Subscription.objects.count() == 0


def test_the_log_sends_again_and_says_why_not(administrator: Client) -> None:
    Subscription.objects.create(name="chat", url="http://127.0.0.1:9/", events="release.created")
    created()
    chosen = {"action": "send_again", "_selected_action": [Delivery.objects.get().pk]}

    answer = administrator.post("/admin/releases/delivery/", chosen, follow=True)

    assert "It is still on its way; the board tries again by itself." in answer.content.decode()
