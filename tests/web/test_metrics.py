"""The page of metrics: numbers with what they mean, and an empty state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories import bring, created

if TYPE_CHECKING:
    from django.test import Client


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/health/metrics{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_anything_was_released_the_page_says_what_will_be_counted(manager: Client) -> None:
    shown = page(manager)

    assert "No release reached PROD in these 30 days or the 30 before." in shown
    assert "Nothing to count" in shown


def test_each_metric_has_its_number_and_its_meaning(manager: Client) -> None:
    bring(created())
    shown = page(manager)

    assert "1 deployment; 30 days before" in shown
    assert "0 of 1 change;" in shown
    assert "From planning a release until it is live in PROD." in shown


@pytest.mark.parametrize(("query", "days"), [("?days=7", 7), ("?days=365", 365), ("?days=8", 30), ("?days=x", 30)])
def test_the_period_is_one_of_those_on_offer(manager: Client, query: str, days: int) -> None:
    assert f"The last {days} days" in page(manager, query)


def test_who_is_signed_out_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/health/metrics")["Location"] == "/login/?next=/health/metrics"
