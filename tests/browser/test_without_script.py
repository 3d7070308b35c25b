"""Everything works with plain forms where scripts do not run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.acts import head, heading, promote, row, sign_in, state

if TYPE_CHECKING:
    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation


def reload_until(page: Page, words: str) -> None:
    """Load the page again and again, as a person without scripts does, until its head says the words."""
    for _ in range(200):
        if words in head(page).inner_text():
            return
        page.reload()
    expect(head(page)).to_contain_text(words)


def test_a_release_is_planned_created_promoted_and_retried_without_script(
    services: Simulation, open_context: OpenContext
) -> None:
    services.behave("checkout", mode="fail", times=1)
    page = open_context(script=False).new_page()
    page.goto("/plans/new")
    sign_in(page, "manager")
    page.get_by_label("inventory", exact=True).select_option("1.3.0")
    page.get_by_role("button", name="Update plan").click()
    expect(page.get_by_role("button", name="Create release")).to_be_disabled()
    page.get_by_role("region", name="The nearest set that fits").get_by_role("button").click()
    page.get_by_role("button", name="Create release 2.2.0-alpha.1").click()
    expect(heading(page)).to_have_text("Platform 2.2.0-alpha.1")
    promote(page, "DEV")
    reload_until(page, "Held in DEV")
    row(page, "checkout").get_by_role("button", name="Retry checkout").click()
    reload_until(page, "DEV runs 2.2.0-alpha.1.")


def test_a_refusal_is_a_page_of_its_own_without_script(services: Simulation, open_context: OpenContext) -> None:
    page = open_context(script=False, signed_in_as="manager").new_page()
    page.goto("/plans/new")
    page.get_by_role("button", name="Create release 2.2.0-alpha.1").click()
    other = page.context.new_page()
    other.goto(page.url)
    promote(page, "DEV")
    expect(state(head(page))).to_have_text("Promoting to DEV")
    promote(other, "DEV")
    expect(heading(other)).to_have_text("This is not possible now")
    expect(other.get_by_role("alert")).to_contain_text("has changed since this page was shown")
    other.get_by_role("link", name="Back to the board").click()
    expect(heading(other)).to_have_text("Board")


def test_dialogs_open_and_are_sent_without_script(services: Simulation, open_context: OpenContext) -> None:
    page = open_context(script=False, signed_in_as="manager").new_page()
    page.goto("/plans/new")
    page.get_by_role("button", name="Create release 2.2.0-alpha.1").click()
    page.get_by_role("button", name="Cancel…").click()
    dialog = page.get_by_role("dialog", name="Cancel the release 2.2.0?")
    dialog.get_by_label("Reason").fill("superseded")
    dialog.get_by_role("button", name="Cancel the release 2.2.0").click()
    expect(state(head(page))).to_have_text("Cancelled")


def test_the_theme_is_chosen_without_script_and_stays(services: Simulation, open_context: OpenContext) -> None:
    page = open_context(script=False).new_page()
    page.goto("/login/")
    page.get_by_role("button", name="Use the dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/login/")
    expect(page.locator("html")).to_have_attribute("data-theme", re.compile("^dark$"))
