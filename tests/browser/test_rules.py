"""An edit of a rule: seen before it is saved, and then on every open page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.acts import create_release, open_live
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.regions import assert_same_as_reloaded

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenContext, SaveScreenshot, Scheme
    from tests.browser.simulation import Simulation


def enter_stricter_rule(page: Page) -> None:
    """Ask for an inventory that nobody has, as the form takes it."""
    page.goto("/admin/releases/constraint/")
    page.get_by_role("row").filter(has_text=">=2.2.0").get_by_role("link").first.click()
    page.get_by_label("Provider range").fill(">=9.0.0")
    page.get_by_role("button", name="Save", exact=True).click()


def test_an_edit_is_seen_before_it_is_saved_and_then_on_every_open_page(
    services: Simulation, manager: Page, open_context: OpenContext
) -> None:
    create_release(manager)
    admins = open_context(signed_in_as="admin")
    board = admins.new_page()
    open_live(board, "/")
    admin = admins.new_page()
    enter_stricter_rule(admin)
    impact = admin.get_by_role("region", name="blocks 1 open release")
    expect(impact.get_by_role("row").filter(has_text="2.2.0-alpha.1")).to_contain_text("Incompatible")
    expect(impact.get_by_role("row").filter(has_text="2.2.0-alpha.1")).to_contain_text("needs inventory >=9.0.0")
    expect(manager.locator("#release-verdict .badge").first).to_have_text("Compatible")
    admin.get_by_role("button", name="Save anyway").click()
    expect(admin.get_by_text("was changed successfully")).to_be_visible()
    expect(manager.locator("#release-verdict .badge").first).to_have_text("Incompatible")
    expect(manager.locator("#release-feed")).to_contain_text("the verdict went from compatible to incompatible")
    expect(manager.get_by_role("button", name="Promote to DEV")).to_be_disabled()
    assert_same_as_reloaded(manager)
    assert_same_as_reloaded(board)


def test_the_stages_on_an_open_board_are_judged_anew_though_no_release_changed(
    services: Simulation, open_context: OpenContext
) -> None:
    admins = open_context(signed_in_as="admin")
    board = admins.new_page()
    open_live(board, "/")
    admin = admins.new_page()
    admin.goto("/admin/releases/denial/add/")
    admin.get_by_label("Service:", exact=True).select_option("checkout")
    admin.get_by_label("Service range").fill("*")
    admin.get_by_label("Other:", exact=True).select_option("inventory")
    admin.get_by_label("Other range").fill("*")
    admin.get_by_label("Reason").fill("Deadlock")
    admin.get_by_role("button", name="Save", exact=True).click()
    admin.get_by_role("button", name="Save anyway").click()
    expect(board.locator("#board-grid .verdict").first).to_have_text("Incompatible")
    assert_same_as_reloaded(board)


def test_the_impact_needs_no_script(services: Simulation, manager: Page, open_context: OpenContext) -> None:
    create_release(manager)
    page = open_context(signed_in_as="admin", script=False).new_page()
    enter_stricter_rule(page)
    page.get_by_role("button", name="Save anyway").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_impact_can_be_read_by_everybody(
    services: Simulation,
    manager: Page,
    open_context: OpenContext,
    screenshot: SaveScreenshot,
    scheme: Scheme,
) -> None:
    create_release(manager)
    for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        page = open_context(signed_in_as="admin", scheme=scheme, size=size).new_page()
        enter_stricter_rule(page)
        expect(page.get_by_role("region", name="blocks 1 open release")).to_be_visible()
        screenshot(page, f"impact-{name}-{scheme}")
        assert page.evaluate("document.querySelector('.impact').getBoundingClientRect().right <= innerWidth")


def test_files_and_history_work_under_the_boards_policy(services: Simulation, open_context: OpenContext) -> None:
    page = open_context(signed_in_as="admin").new_page()
    page.goto("/admin/releases/constraint/")
    page.get_by_role("link", name="Export").click()
    page.get_by_label("Format").select_option("csv")
    with page.expect_download() as download:
        page.get_by_role("button", name="Submit").click()
    content = download.value.path().read_text("utf-8").replace(">=1.4.0", ">=1.3.0")
    page.goto("/admin/releases/constraint/import/")
    page.get_by_label("File to import").set_input_files(
        {"name": "rules.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_label("Format").select_option("csv")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Importing this changes nothing that is open or live.")).to_be_visible()
    expect(page.locator("ins")).to_have_text(">=1.3.0")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("0 new, 1 updated, 0 deleted")).to_be_visible()
    page.get_by_role("row").filter(has_text=">=2.2.0").get_by_role("link").first.click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("row").filter(has_text="admin")).to_contain_text(">=1.4.0 → >=1.3.0")
