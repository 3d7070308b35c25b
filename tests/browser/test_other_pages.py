"""The pages that frameworks bring with them keep the board's policy: no complaint of the browser anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.acts import create_release, expect_arrived, promote

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation


def test_the_api_documents_work_offline_under_the_boards_policy(services: Simulation, manager: Page) -> None:
    manager.goto("/api/docs")
    expect(manager.get_by_text("/v1/callbacks").first).to_be_visible()


def test_the_admin_works_under_the_boards_policy(services: Simulation, open_context: OpenContext) -> None:
    page = open_context(signed_in_as="admin").new_page()
    page.goto("/admin/")
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    page.get_by_role("link", name="Compatibility rules").first.click()
    expect(page.get_by_role("row").filter(has_text=">=2.2.0")).to_contain_text(">=1.4.0")


def test_a_release_is_found_in_the_list_of_releases(services: Simulation, manager: Page) -> None:
    manager.goto("/releases")
    expect(manager.get_by_text("No release was planned yet.")).to_be_visible()
    create_release(manager)
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    manager.goto("/releases")
    expect(manager.get_by_role("row").filter(has_text="2.2.0-alpha.1")).to_contain_text("Waiting after DEV")
    manager.get_by_role("searchbox").fill("nothing like it")
    manager.get_by_role("searchbox").press("Enter")
    expect(manager.get_by_text("No release matches “nothing like it”.")).to_be_visible()


def test_a_service_page_tells_which_versions_may_be_released_and_why_not(services: Simulation, manager: Page) -> None:
    manager.goto("/services/inventory")
    quarantined = manager.get_by_role("row").filter(has=manager.get_by_role("rowheader", name="1.5.0"))
    expect(quarantined).to_contain_text("It is in quarantine.")
    expect(manager.get_by_role("region", name="Dependencies")).to_contain_text("nothing")
