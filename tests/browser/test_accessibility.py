"""Every page in every state: accessible in both themes, and within the width of a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import (
    create_release,
    expect_arrived,
    expect_held,
    heading,
    open_live,
    promote,
    row,
    state,
)
from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation

NOT_FOUND = frozenset({404})
_OVERHANG = """() => [...document.querySelectorAll("body *")]
  .filter((each) => !each.closest(".scroll"))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 || each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 80))"""


class Inspection:
    """Looks at a page in both themes and at the width of a phone, and says at the end what was found where."""

    def __init__(self, axe: Callable[[Page], None]) -> None:
        self._axe = axe
        self.found: list[str] = []

    def __call__(self, page: Page, name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            self._note(page, f"{name}, {scheme}")
        page.set_viewport_size(PHONE)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.found.append(f"{name} scrolls sideways on a phone: {page.evaluate(_OVERHANG)}")
        self._note(page, f"{name}, phone")
        page.set_viewport_size(DESKTOP)

    def _note(self, page: Page, name: str) -> None:
        try:
            self._axe(page)
        except AssertionError as violations:
            self.found.append(f"{name}: {violations}")


@pytest.fixture
def inspect(axe: Callable[[Page], None]) -> Inspection:
    return Inspection(axe)


def test_the_pages_around_a_release_are_accessible_and_fit_a_phone(
    services: Simulation, open_context: OpenContext, inspect: Inspection
) -> None:
    page = open_context(expecting=NOT_FOUND).new_page()
    page.goto("/login/")
    inspect(page, "sign-in")
    page.get_by_label("Name").fill("manager")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    inspect(page, "sign-in refused")
    page = open_context(signed_in_as="manager", expecting=NOT_FOUND).new_page()
    open_live(page, "/")
    inspect(page, "board")
    page.goto("/releases")
    inspect(page, "no releases")
    page.goto("/services/checkout")
    inspect(page, "service")
    page.goto("/tokens")
    inspect(page, "no tokens")
    page.get_by_label("What it is for").fill("CI of inventory")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("status").get_by_role("heading", name="Your new token")).to_be_visible()
    inspect(page, "token made")
    page.get_by_role("button", name="Revoke").click()
    inspect(page, "revoke dialog")
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("is revoked; whoever uses it is refused from now on.")).to_be_visible()
    page.goto("/no-such-page")
    expect(heading(page)).to_have_text("Nothing here")
    inspect(page, "nothing here")
    page.goto("/plans/new")
    inspect(page, "plan")
    page.get_by_label("inventory", exact=True).select_option("1.3.0")
    expect(page.get_by_role("list", name="What does not fit together")).to_be_visible()
    inspect(page, "plan refused")
    page.goto("/plans/new?version-inventory=1.3.0&newrule=helm+%5E1.1.0+-%3E+web+%3E%3D9.0.0")
    expect(page.get_by_role("region", name="What if, beside things as they are")).to_be_visible()
    inspect(page, "plan with another rule")
    assert not inspect.found, "\n".join(inspect.found)


def test_a_release_page_is_accessible_and_fits_a_phone_from_plan_to_end(
    services: Simulation, manager: Page, inspect: Inspection
) -> None:
    services.behave("checkout", mode="silent", times=1)
    services.behave("recommendations", mode="fail", times=1)
    create_release(manager)
    inspect(manager, "planned")
    manager.get_by_role("button", name="Cancel…").click()
    inspect(manager, "cancel dialog")
    manager.keyboard.press("Escape")
    promote(manager, "DEV")
    expect(state(row(manager, "recommendations"))).to_have_text("Failed")
    inspect(manager, "running")
    expect_held(manager, "DEV")
    inspect(manager, "held")
    row(manager, "checkout").get_by_role("button", name="Skip").click()
    inspect(manager, "skip dialog")
    manager.keyboard.press("Escape")
    open_live(manager, "/")
    inspect(manager, "board with a held release")
    manager.goto("/releases")
    inspect(manager, "releases")
    open_live(manager, "/releases/2.2.0-alpha.1")
    for service in ("checkout", "recommendations"):
        row(manager, service).get_by_role("button", name=f"Retry {service}").click()
        expect(state(row(manager, service))).to_have_text("Succeeded")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    inspect(manager, "arrived")
    assert not inspect.found, "\n".join(inspect.found)


def test_a_refusal_page_is_accessible_and_fits_a_phone(
    services: Simulation, manager: Page, open_context: OpenContext, inspect: Inspection
) -> None:
    create_release(manager)
    plain = open_context(signed_in_as="manager", script=False).new_page()
    plain.goto("/releases/2.2.0-alpha.1")
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    promote(plain, "DEV")
    expect(heading(plain)).to_have_text("This is not possible now")
    manager.goto("/login/")
    manager.set_content(plain.content())
    inspect(manager, "refusal")
    assert not inspect.found, "\n".join(inspect.found)
