"""A service fails: the promotion waits for a person, who retries it or goes on without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.acts import create_release, expect_arrived, expect_held, head, node, promote, row, state

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django import Settings

    from tests.browser.simulation import Simulation


@pytest.fixture
def held(services: Simulation, manager: Page) -> Page:
    """The page of a release that checkout holds up in DEV, by failing once."""
    services.behave("checkout", mode="fail", times=1, failure_message="schema mismatch")
    create_release(manager)
    promote(manager, "DEV")
    expect_held(manager, "DEV")
    return manager


def test_the_failed_service_says_why_and_the_next_phase_waits(held: Page) -> None:
    expect(held.locator(".summary")).to_have_text("1 of 5 services failed, the promotion is held.")
    expect(state(row(held, "checkout"))).to_have_text("Failed")
    expect(state(node(held, "checkout"))).to_have_text("Failed")
    expect(row(held, "checkout").locator(".message")).to_have_text("schema mismatch")
    expect(held.locator("#release-feed")).to_contain_text("checkout failed: schema mismatch")
    expect(state(row(held, "recommendations"))).to_have_text("Succeeded")
    expect(state(row(held, "web"))).to_have_text("Pending")


def test_the_title_of_a_held_page_carries_a_mark(held: Page) -> None:
    expect(held).to_have_title("▲ 2.2.0-alpha.1 · BookVerse")


def test_retrying_on_the_row_finishes_the_promotion(held: Page) -> None:
    row(held, "checkout").get_by_role("button", name="Retry checkout").click()
    expect_arrived(held, "DEV", "2.2.0-alpha.1")
    expect(state(row(held, "checkout"))).to_have_text("Succeeded")
    expect(row(held, "checkout")).to_contain_text("attempt 2")
    expect(row(held, "inventory")).not_to_contain_text("attempt")
    expect(held.get_by_role("button", name="Promote to QA")).to_be_enabled()


def test_skipping_asks_for_a_reason_and_keeps_it(held: Page) -> None:
    row(held, "checkout").get_by_role("button", name="Skip").click()
    dialog = held.get_by_role("dialog", name="Skip checkout in DEV?")
    expect(dialog).to_contain_text("checkout stays at 1.5.2 instead of 1.5.3")
    dialog.get_by_role("button", name="Skip checkout").click()
    expect(dialog).to_be_visible()  # the browser asks for the reason first
    dialog.get_by_label("Reason").fill("deployed by hand")
    dialog.get_by_role("button", name="Skip checkout").click()
    expect_arrived(held, "DEV", "2.2.0-alpha.1")
    expect(dialog).to_be_hidden()
    expect(state(row(held, "checkout"))).to_have_text("Skipped")
    expect(held.locator("#release-feed")).to_contain_text("manager skipped checkout: deployed by hand")


def test_a_service_that_rejects_holds_the_promotion_with_its_answer(services: Simulation, manager: Page) -> None:
    services.behave("inventory", mode="reject", times=1)
    create_release(manager)
    promote(manager, "DEV")
    expect_held(manager, "DEV")
    expect(state(row(manager, "inventory"))).to_have_text("Rejected")


def test_a_service_that_stays_silent_times_out_and_holds_the_promotion(
    services: Simulation, manager: Page, settings: Settings
) -> None:
    settings.SESSION_TIMEOUT_DEFAULT_MS = 3_000
    services.behave("inventory", mode="silent", times=1)
    create_release(manager)
    promote(manager, "DEV")
    expect(state(row(manager, "inventory"))).to_have_text("Asked")
    expect(row(manager, "inventory").locator("meter")).to_be_visible()
    expect_held(manager, "DEV")
    expect(state(row(manager, "inventory"))).to_have_text("Timed out")
    expect(head(manager)).to_contain_text("1 of 5 services failed, the promotion is held.")
