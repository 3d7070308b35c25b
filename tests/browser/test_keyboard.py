"""From signing in to a promotion without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.acts import badge, create_release, expect_arrived, heading, open_live

if TYPE_CHECKING:
    from tests.browser.simulation import Simulation

FURTHEST = 80  # stops of the tab key on the longest page


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button with this name has the focus."""
    wanted = page.get_by_role("button", name=name)
    expect(wanted).to_be_enabled()
    for _ in range(FURTHEST):
        page.keyboard.press("Tab")
        if wanted.evaluate("button => button === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_a_release_is_created_and_promoted_with_the_keyboard_alone(services: Simulation, page: Page) -> None:
    page.goto("/")
    page.keyboard.type("manager")
    page.keyboard.press("Tab")
    page.keyboard.type("manager")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Board")
    expect(badge(page)).to_have_text("Live")
    page.keyboard.press("n")
    expect(heading(page)).to_have_text("New release")
    tab_to(page, "Create release 2.2.0-alpha.1")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Platform 2.2.0-alpha.1")
    expect(badge(page)).to_have_text("Live")
    tab_to(page, "Promote to DEV")
    page.keyboard.press("Enter")
    expect_arrived(page, "DEV", "2.2.0-alpha.1")


def test_a_question_mark_shows_the_map_of_keys(services: Simulation, manager: Page) -> None:
    open_live(manager, "/")
    manager.keyboard.press("?")
    keys = manager.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_contain_text("Plan a new release")
    manager.keyboard.press("Enter")
    expect(keys).to_be_hidden()


def test_g_and_a_letter_go_to_a_page(services: Simulation, manager: Page) -> None:
    open_live(manager, "/")
    manager.keyboard.press("g")
    manager.keyboard.press("r")
    expect(heading(manager)).to_have_text("Releases")
    manager.keyboard.press("/")
    expect(manager.get_by_role("searchbox")).to_be_focused()


def test_p_reaches_the_next_step_of_a_release(services: Simulation, manager: Page) -> None:
    create_release(manager)
    manager.keyboard.press("p")
    expect(manager.get_by_role("button", name="Promote to DEV")).to_be_focused()


def test_the_first_stop_skips_to_the_content(services: Simulation, manager: Page) -> None:
    open_live(manager, "/")
    manager.keyboard.press("Tab")
    skip = manager.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    manager.keyboard.press("Enter")
    expect(manager.get_by_role("main")).to_be_focused()
