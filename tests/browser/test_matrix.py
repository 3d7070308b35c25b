"""The matrix and the diagnostics as people use them: by keyboard, by address, in both themes and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.acts import heading
from tests.browser.conftest import PHONE
from tests.browser.test_accessibility import Inspection

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation

FILTERED = "/matrix?platform=2.1.0&known=declared&newest=25"


def cell(page: Page, version: str) -> Locator:
    return page.get_by_role("table").get_by_role("link", name=version)


def evidence(page: Page) -> Locator:
    return page.locator("#matrix-detail")


def test_the_matrix_is_walked_and_asked_with_the_keyboard_alone(services: Simulation, manager: Page) -> None:
    manager.goto("/")
    manager.keyboard.press("g")
    manager.keyboard.press("m")
    expect(heading(manager)).to_have_text("Matrix")
    first = manager.get_by_role("table").get_by_role("cell").get_by_role("link").first
    first.focus()
    manager.keyboard.press("ArrowDown")
    manager.keyboard.press("End")
    manager.keyboard.press("ArrowLeft")
    manager.keyboard.press("ArrowUp")
    manager.keyboard.press("Home")
    expect(first).to_be_focused()
    manager.keyboard.press("ArrowRight")
    manager.keyboard.press("Enter")
    expect(evidence(manager)).to_contain_text("inventory 1.4.0")
    expect(evidence(manager)).to_contain_text("With recommendations")
    expect(manager.get_by_role("table").locator("a[aria-current]")).to_contain_text("1.4.0")
    manager.keyboard.press("Tab")
    focused_in_grid = "document.activeElement.closest('[data-cells] td') !== null"
    assert manager.evaluate(focused_in_grid) is False


def test_filters_and_the_chosen_version_survive_a_reload(services: Simulation, manager: Page) -> None:
    manager.goto("/matrix")
    manager.get_by_label("Platform").fill("2.1.0")
    manager.get_by_label("Known").select_option("declared")
    manager.get_by_label("Newest").select_option("25")
    manager.get_by_role("button", name="Show").click()
    cell(manager, "3.0.1").click()
    expect(evidence(manager)).to_contain_text("Approved for platform 2.1.0.")
    manager.reload()
    expect(manager.get_by_label("Platform")).to_have_value("2.1.0")
    expect(manager.get_by_label("Known")).to_have_value("declared")
    expect(manager.get_by_label("Newest")).to_have_value("25")
    expect(evidence(manager)).to_contain_text("Approved for platform 2.1.0.")
    expect(manager.get_by_role("table").locator("a[aria-current]")).to_contain_text("3.0.1")


def test_a_pair_shows_which_versions_go_together_and_why_not(services: Simulation, manager: Page) -> None:
    manager.goto("/matrix")
    manager.get_by_label("Pair").select_option("recommendations:inventory")
    manager.get_by_role("button", name="Show").click()
    cell(manager, "2.2.0 with 1.3.0: broken").click()
    expect(evidence(manager)).to_contain_text("recommendations 2.2.0 needs inventory >=1.4.0")


def test_without_a_script_a_cell_leads_to_its_evidence(services: Simulation, open_context: OpenContext) -> None:
    page = open_context(signed_in_as="viewer", script=False).new_page()
    page.goto(FILTERED)
    cell(page, "3.0.1").click()
    expect(evidence(page)).to_contain_text("Approved for platform 2.1.0.")


def test_on_a_phone_the_evidence_comes_into_sight(services: Simulation, open_context: OpenContext) -> None:
    page = open_context(signed_in_as="manager", size=PHONE).new_page()
    page.goto("/matrix")
    cell(page, "1.4.0").first.tap()
    expect(page.get_by_role("heading", name="inventory 1.4.0")).to_be_in_viewport()


def test_the_matrix_and_the_diagnostics_are_accessible_and_fit_a_phone(
    services: Simulation, open_context: OpenContext, axe: Callable[[Page], None]
) -> None:
    inspect = Inspection(axe)
    page = open_context(signed_in_as="admin").new_page()
    for address, name in (
        ("/matrix", "matrix"),
        ("/matrix?platform=2.1.0&at=recommendations@2.2.0", "evidence"),
        ("/matrix?pair=recommendations:inventory&at=recommendations@2.2.0,inventory@1.3.0", "pair"),
        ("/matrix?q=nothing-like-it", "no match"),
        ("/diagnostics", "diagnostics"),
    ):
        page.goto(address)
        inspect(page, name)
    assert not inspect.found, "\n".join(inspect.found)
