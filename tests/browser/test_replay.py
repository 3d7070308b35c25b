"""The replay as people use it: the slider by keyboard, by address, without script, in both themes and on a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.acts import LONG_MS, create_release, head, heading, promote, row, sign_in, state
from tests.browser.test_accessibility import Inspection

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation


def promoted(page: Page) -> None:
    """Bring a release to DEV and open its replay."""
    create_release(page)
    promote(page, "DEV")
    expect(head(page)).to_contain_text("Waiting", timeout=LONG_MS)
    page.get_by_role("link", name="Replay").click()
    expect(heading(page)).to_have_text("Replay of 2.2.0-alpha.1")


def test_the_slider_takes_the_board_back_and_forth_with_the_keyboard_alone(services: Simulation, manager: Page) -> None:
    promoted(manager)
    expect(state(row(manager, "helm"))).to_have_text("Succeeded")
    slider = manager.get_by_role("slider", name="Journal entry")
    slider.focus()
    manager.keyboard.press("Home")
    expect(manager.get_by_role("heading", level=2).first).to_contain_text("after entry 1 of")
    expect(state(row(manager, "helm"))).to_have_text("Pending")
    manager.keyboard.press("ArrowRight")
    expect(manager.get_by_role("heading", level=2).first).to_contain_text("after entry 2 of")
    expect(slider).to_be_focused()
    expect(manager).to_have_url(re.compile(r"/replay\?at=2$"))
    manager.keyboard.press("End")
    expect(state(row(manager, "helm"))).to_have_text("Succeeded")


def test_a_moment_has_an_address_that_works_without_script(services: Simulation, open_context: OpenContext) -> None:
    promoted(open_context(signed_in_as="manager").new_page())
    page = open_context(script=False).new_page()
    page.goto("/releases/2.2.0-alpha.1/replay?at=1")
    sign_in(page, "manager")
    expect(state(row(page, "inventory"))).to_have_text("Pending")
    page.get_by_role("link", name="On to entry 2").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("after entry 2 of")
    page.get_by_role("slider", name="Journal entry").press("End")
    page.get_by_role("button", name="Show").click()
    expect(state(row(page, "inventory"))).to_have_text("Succeeded")


def test_the_replay_is_accessible_and_fits_a_phone(
    services: Simulation, manager: Page, axe: Callable[[Page], None]
) -> None:
    inspect = Inspection(axe)
    promoted(manager)
    inspect(manager, "replay at its end")
    manager.goto("/releases/2.2.0-alpha.1/replay?at=3")
    inspect(manager, "replay in the middle")
    assert inspect.found == []
