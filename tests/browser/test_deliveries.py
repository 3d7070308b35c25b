"""The log of what went out, as people read it: what was sent to whom, found again, and sent once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from releases.models import Delivery
from tests.browser.acts import LONG_MS, create_release
from tests.browser.complaints import assert_accessible
from tests.browser.conftest import DESKTOP, PHONE, in_another_thread
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page
    from pytest_django.fixtures import Settings

    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation


@pytest.fixture
def followed(services: Simulation, bookverse_data: Path, settings: Settings) -> None:
    """Let the simulated build system follow the board, as it does after `make run`."""
    settings.DEMO_DATA = str(bookverse_data)
    in_another_thread(lambda: call_command("seed_demo", follow=True, verbosity=0))


def lines(page: Page) -> Locator:
    return page.get_by_role("group", name="List of deliveries").locator("tbody").get_by_role("row")


def wait_until_sent() -> None:
    until(
        lambda: Delivery.objects.exists() and not Delivery.objects.filter(delivered_at=None).exists(),
        what=lambda: list(Delivery.objects.values()),
    )


def test_before_anybody_follows_it_says_what_would_appear_there(services: Simulation, manager: Page) -> None:
    manager.goto("/deliveries")

    expect(manager.get_by_role("region", name="Deliveries")).to_contain_text("Nothing was sent yet.")
    assert_accessible(manager)


def test_a_message_is_found_and_sent_again(followed: None, manager: Page) -> None:
    create_release(manager)
    wait_until_sent()
    manager.goto("/deliveries")
    expect(lines(manager)).to_have_count(1)
    expect(lines(manager)).to_contain_text("release.created")
    expect(lines(manager)).to_contain_text("Delivered")
    manager.get_by_role("button", name="Send again").click()
    expect(manager.get_by_text("repeats no.")).to_be_visible(timeout=LONG_MS)
    wait_until_sent()
    manager.goto("/deliveries")

    expect(lines(manager).filter(has_text="Delivered")).to_have_count(2)


def test_the_log_is_searched_by_state_receiver_and_release(followed: None, manager: Page) -> None:
    create_release(manager)
    wait_until_sent()
    manager.goto("/deliveries")
    manager.get_by_label("State").select_option("gave_up")
    manager.get_by_role("button", name="Search").click()
    expect(manager.get_by_role("region", name="Deliveries")).to_contain_text("No delivery matches.")
    manager.get_by_role("link", name="Show all deliveries").click()
    manager.locator("select[name=to]").select_option("demo")
    manager.get_by_role("searchbox", name="Release").fill("2.2.0-alpha.1")
    manager.get_by_role("button", name="Search").click()

    expect(lines(manager)).to_have_count(1)


def test_it_fits_a_phone_and_reads_in_both_themes(followed: None, manager: Page) -> None:
    create_release(manager)
    wait_until_sent()
    manager.goto("/deliveries")
    for scheme in ("light", "dark"):
        for size in (DESKTOP, PHONE):
            manager.emulate_media(color_scheme=scheme)
            manager.set_viewport_size(size)
            assert not manager.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert_accessible(manager)


def test_a_viewer_reads_the_log_and_sends_nothing(followed: None, manager: Page, open_context: OpenContext) -> None:
    create_release(manager)
    wait_until_sent()
    page = open_context(signed_in_as="viewer").new_page()
    page.goto("/deliveries")

    expect(lines(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)
