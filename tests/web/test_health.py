"""The health page: an empty state that says what will come, every check with what it found, and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.health import keep_health
from releases.models import Deployment, Pulse
from tests.live.html import parse_html

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

    from tests.live.html import Element


def shown(client: Client, **headers: str) -> Element:
    answer = client.get("/health", headers=headers)
    assert answer.status_code == 200
    return parse_html(answer.content.decode()).find("health")


def test_before_the_first_look_the_page_says_what_will_come(manager: Client) -> None:
    assert "The first look follows within 60 s" in shown(manager).text


def test_a_board_that_looks_only_when_asked_says_so(manager: Client, settings: Settings) -> None:
    settings.HEALTH_EVERY_S = 0

    assert "Nobody looks by itself, for HEALTH_EVERY_S is 0." in shown(manager).text


def test_each_check_tells_what_it_found(manager: Client) -> None:
    keep_health()
    page = shown(manager)

    assert page.text.startswith("Health Unknown BookVerse 2.1.0 in PROD, looked at")
    assert page.find("performance").text == "Performance Unknown Nobody measured: no probe was answered lately."
    assert "checkout: health check was not asked since this version runs." in page.find("service_health").text


def test_what_changed_is_told_below(manager: Client) -> None:
    keep_health()
    first = shown(manager).text
    Deployment.objects.filter(stage__name="PROD", service__slug="inventory").delete()
    Pulse.objects.all().delete()
    keep_health()
    page = shown(manager).text

    assert "Nothing has changed since the first look." in first
    assert page.startswith("Health Unhealthy")
    assert "Connectivity between services: checkout calls inventory, which is not known to answer." in page


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_who_asks_for_a_check_sees_that_it_is_on_its_way(manager: Client, headers: dict[str, str]) -> None:
    answer = manager.post("/health/check", headers=headers)
    page = shown(manager, **headers)

    assert answer.status_code == (200 if headers else 302)
    assert "Checking…" in page.text
    assert page.attributes["hx-trigger"] == "every 1s"


def test_once_the_check_is_done_the_page_waits_no_more(manager: Client) -> None:
    manager.post("/health/check")
    keep_health()

    assert "hx-trigger" not in shown(manager).attributes


def test_who_may_not_ask_is_told_why(viewer: Client) -> None:
    assert "To probe services you need the role release manager." in shown(viewer).text
    assert viewer.post("/health/check").status_code == 403


def test_the_other_name_leads_here(viewer: Client) -> None:
    assert viewer.get("/health-board")["Location"] == "/health"


@pytest.mark.parametrize("address", ["/health", "/health/check"])
def test_who_is_signed_out_is_sent_to_sign_in(client: Client, db: None, address: str) -> None:
    method = client.post if address.endswith("check") else client.get

    assert method(address)["Location"] == f"/login/?next={address}"
