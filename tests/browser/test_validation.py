"""Validating a stage with the button: its result comes by itself, and a failure names its step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.acts import LONG_MS, create_release, expect_arrived, open_live, promote
from tests.browser.conftest import PHONE
from tests.browser.regions import assert_same_as_reloaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import OpenContext, SaveScreenshot
    from tests.browser.simulation import Simulation


@pytest.fixture
def in_dev(services: Simulation, manager: Page) -> Page:
    """The page of a release that runs in DEV."""
    create_release(manager)
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    return manager


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Validation")


def validate(page: Page, expected: str) -> None:
    panel(page).get_by_role("button", name="Validate DEV").click()
    expect(panel(page).locator(".badge").first).to_have_text(expected, timeout=LONG_MS)


def test_a_sound_stage_passes_while_the_page_stays_open(
    in_dev: Page, axe: Callable[[Page], None], screenshot: SaveScreenshot
) -> None:
    validate(in_dev, "Passed")

    expect(panel(in_dev)).to_contain_text(
        "4 of 6 scenarios passed, none failed; without a result: performance, integrity."
    )
    assert_same_as_reloaded(in_dev)
    axe(in_dev)
    screenshot(in_dev, "validation-passed-light")


def test_a_service_that_fails_is_named_with_the_step(
    services: Simulation,
    in_dev: Page,
    open_context: OpenContext,
    axe: Callable[[Page], None],
) -> None:
    services.behave("checkout", mode="fail")

    validate(in_dev, "Failed")

    expect(panel(in_dev)).to_contain_text("/api/v1/orders answered 500: schema mismatch.")
    phone = open_context(signed_in_as="viewer", scheme="dark", size=PHONE).new_page()
    open_live(phone, "/releases/2.2.0-alpha.1")
    expect(panel(phone)).to_contain_text("Read the order")
    expect(panel(phone).get_by_role("button", name="Validate DEV")).to_be_disabled()
    axe(phone)
    assert phone.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
