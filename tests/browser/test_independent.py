"""One service released by itself in the browser: the rest stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.acts import badge, expect_arrived, heading, promote, row, state
from tests.browser.complaints import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.simulation import Simulation


def plan(page: Page) -> None:
    page.goto("/plans/new")
    page.get_by_role("navigation", name="Kind of release").get_by_role("link", name="Independent").click()


def test_one_service_is_chosen_and_only_it_moves(services: Simulation, manager: Page) -> None:
    plan(manager)
    manager.get_by_label("checkout", exact=True).select_option("1.5.3")
    # What is created is what was shown: the preview has to be there first.
    expect(manager.locator("#plan-result")).to_contain_text("1.5.2 → 1.5.3")
    manager.get_by_role("button", name="Create release").click()
    expect(heading(manager)).to_have_text("Platform 2.1.1-alpha.1")
    expect(badge(manager)).to_have_text("Live")
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.1.1-alpha.1")

    expect(state(row(manager, "checkout"))).to_have_text("Succeeded")
    assert_accessible(manager)
    manager.goto("/")
    for service, version in (("checkout", "1.5.3"), ("inventory", "1.2.3"), ("web", "3.0.1")):
        expect(row(manager, service).get_by_role("cell").first).to_contain_text(version)


def test_without_a_choice_it_says_that_nothing_would_move(services: Simulation, manager: Page) -> None:
    plan(manager)

    expect(manager.get_by_role("button", name="Create release")).to_be_disabled()
    assert_accessible(manager)


def test_what_does_not_fit_to_what_stays_is_refused_with_the_way_out(services: Simulation, manager: Page) -> None:
    plan(manager)
    manager.get_by_label("recommendations", exact=True).select_option("2.2.0")

    expect(manager.get_by_role("list", name="What does not fit together")).to_contain_text("inventory")
    expect(manager.get_by_role("button", name="Create release")).to_be_disabled()
