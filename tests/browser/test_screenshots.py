"""The pictures of README, taken from the board at work: `make screenshots`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import ViewportSize, expect

from tests.browser.acts import create_release, expect_arrived, expect_held, open_live, promote, row, state
from tests.browser.conftest import PHONE

if TYPE_CHECKING:
    from tests.browser.conftest import OpenContext, SaveScreenshot
    from tests.browser.simulation import Simulation

PICTURE: ViewportSize = {"width": 1360, "height": 1000}
RELEASE = "/releases/2.2.0-beta.1"
SLOW_MS = 4_000


def test_screenshots_of_a_release_on_its_way(
    services: Simulation, open_context: OpenContext, screenshot: SaveScreenshot
) -> None:
    page = open_context(signed_in_as="manager", size=PICTURE).new_page()
    page.goto("/plans/new")
    page.get_by_label("inventory", exact=True).select_option("1.3.0")
    expect(page.get_by_role("list", name="What does not fit together")).to_be_visible()
    screenshot(page, "plan-refused-light")
    create_release(page)
    promote(page, "DEV")
    expect_arrived(page, "DEV", "2.2.0-alpha.1")
    services.take(SLOW_MS)
    services.behave("inventory", duration_ms=0)
    services.behave("checkout", mode="fail", times=1)
    promote(page, "QA")
    for service in ("checkout", "recommendations"):
        expect(row(page, service)).to_contain_text("45 %")
    screenshot(page, "release-running-light")
    expect_held(page, "QA")
    expect(state(row(page, "recommendations"))).to_have_text("Succeeded")
    screenshot(page, "release-held-light")
    dark = open_context(signed_in_as="manager", size=PICTURE, scheme="dark").new_page()
    open_live(dark, RELEASE)
    screenshot(dark, "release-held-dark")
    phone = open_context(signed_in_as="manager", size=PHONE).new_page()
    open_live(phone, RELEASE)
    screenshot(phone, "release-held-phone")
    open_live(page, "/")
    screenshot(page, "board-light")
