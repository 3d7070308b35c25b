"""What the pages say about how long promotions take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.factories import created, finish, promote
from tests.live.html import parse_html

if TYPE_CHECKING:
    from django.test import Client


def said(client: Client, address: str, element: str = "main") -> str:
    return " ".join(parse_html(client.get(address).content.decode()).find(element).text.split())


def test_before_a_promotion_ended_the_page_says_what_will_appear(manager: Client) -> None:
    assert "No promotion has ended yet." in said(manager, "/forecasts")


def test_the_page_tells_the_numbers_of_each_stage(manager: Client) -> None:
    finish(promote(created()))

    page = said(manager, "/forecasts")

    assert "1 of 1, 100 %" in page
    assert "no promotion ended here yet" in page


def test_a_running_release_says_by_when_it_ends_and_on_what_that_rests(manager: Client) -> None:
    release = created()
    promote(release)

    page = said(manager, f"/releases/{release.version}", "release-forecast")

    assert "in nine of ten cases" in page
    assert "the timeout is the bound" in page


def test_a_plan_shows_how_long_each_stage_takes_without_people(manager: Client) -> None:
    page = said(manager, "/plans/new")

    assert "How long each stage takes" in page
    assert "at most 40s (no run there yet: the timeout is the bound)" in page
