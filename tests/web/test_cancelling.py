"""The page's cancel carries what its dialog asked about, so that it ends that or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import Release
from tests.factories import created, finish, promote
from tests.live.html import parse_html

if TYPE_CHECKING:
    from django.test import Client

PAGE = "/releases/2.2.0-alpha.1"


def stage_in_the_form(client: Client) -> str | None:
    page = parse_html(client.get(PAGE).content.decode())
    form = next(element for element in page.descendants() if element.attributes.get("id") == "cancel-form")
    field = next(field for field in form.descendants() if field.attributes.get("name") == "stage")
    return field.attributes.get("value")


def test_the_form_names_the_promotion_that_is_open(manager: Client) -> None:
    promote(created())

    assert stage_in_the_form(manager) == "DEV"


def test_without_a_promotion_the_form_means_the_release(manager: Client) -> None:
    created()

    assert stage_in_the_form(manager) == ""


def test_a_page_from_before_the_last_result_does_not_cost_the_release(manager: Client) -> None:
    promotion = promote(created())
    shown = str(Release.objects.get().lock_version)
    finish(promotion)
    answer = manager.post(f"{PAGE}/cancel", {"stage": "DEV", "reason": "wrong day", "lock_version": shown})

    assert (answer.status_code, Release.objects.get().state) == (409, "waiting")
