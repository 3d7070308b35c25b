"""The departure board, and a train that is held, resumed and let go to production."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from releases.models import PlatformVersion, Train, TrainSchedule
from tests.browser.acts import LONG_MS, badge, open_live
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.regions import assert_same_as_reloaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import OpenContext


def phase(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="On its way").get_by_role("listitem").filter(has_text=name).first


def inspect(page: Page, axe: Callable[[Page], None]) -> None:
    """Look at the page in both themes and at the width of a phone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        axe(page)
    page.set_viewport_size(PHONE)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    axe(page)
    page.set_viewport_size(DESKTOP)


def test_a_train_is_held_resumed_and_goes_to_production_by_itself(manager: Page, axe: Callable[[Page], None]) -> None:
    manager.goto("/")
    manager.keyboard.press("g")
    manager.keyboard.press("t")
    coming = manager.get_by_role("region", name="Next departure")
    expect(coming.get_by_role("row").filter(has_text="inventory")).to_contain_text("On board")
    expect(coming.locator(".badge").first).to_have_text("Boarding")
    inspect(manager, axe)

    coming.get_by_role("link").first.click()
    manager.get_by_role("button", name="Hold…").click()
    dialog = manager.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("incident in production")
    dialog.get_by_role("button", name="Hold the train").click()
    expect(manager.locator(".summary")).to_have_text("Held by manager: incident in production")
    manager.get_by_role("button", name="Resume").click()

    manager.get_by_role("button", name="Depart now…").click()
    manager.get_by_role("dialog").get_by_role("button", name="Depart now").click()
    expect(phase(manager, "Compatibility")).to_contain_text("The set is compatible: release 2.2.0-alpha.1.")
    expect(phase(manager, "Build")).to_contain_text("Succeeded")
    expect(phase(manager, "Promotions")).to_contain_text("Running")
    inspect(manager, axe)
    expect(phase(manager, "Production")).to_contain_text("PROD runs it.", timeout=4 * LONG_MS)
    expect(phase(manager, "Monitoring")).to_contain_text("PROD is watched until")


def test_a_train_whose_number_was_used_up_is_given_the_free_one_on_its_page(
    manager: Page, axe: Callable[[Page], None]
) -> None:
    PlatformVersion.objects.create(version="2.2.0", manifest={}, created_at=datetime.now(UTC))
    manager.goto("/trains")
    manager.get_by_role("region", name="Next departure").get_by_role("link").first.click()
    manager.get_by_role("button", name="Depart now…").click()
    manager.get_by_role("dialog").get_by_role("button", name="Depart now").click()
    expect(manager.locator(".summary")).to_have_text(
        "2.2.0 is already published. Choose another platform version, such as 2.2.1."
    )
    assert_same_as_reloaded(manager)

    manager.get_by_role("button", name="Choose another number…").click()
    dialog = manager.get_by_role("dialog")
    axe(manager)
    expect(dialog.get_by_label("Platform version")).to_have_value("2.2.1")
    dialog.get_by_label("Reason").fill("2.2.0 was given up")
    dialog.get_by_role("button", name="Go on").click()
    expect(phase(manager, "Compatibility")).to_contain_text("The set is compatible: release 2.2.1-alpha.1.")


def test_an_open_train_and_the_departures_equal_a_fresh_load_after_a_hold(
    manager: Page, open_context: OpenContext
) -> None:
    viewer = open_context(signed_in_as="viewer")
    departures, train = viewer.new_page(), viewer.new_page()
    open_live(departures, "/trains")
    address = departures.get_by_role("region", name="Next departure").get_by_role("link").first.get_attribute("href")
    assert address is not None
    open_live(train, address)
    open_live(manager, address)
    manager.get_by_role("button", name="Hold…").click()
    dialog = manager.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("incident in production")
    dialog.get_by_role("button", name="Hold the train").click()
    for page in (train, departures):
        expect(page.get_by_text("Held by manager: incident in production").first).to_be_visible()
        assert_same_as_reloaded(page)


def test_a_train_that_is_cancelled_on_its_way_says_what_was_undone(manager: Page, axe: Callable[[Page], None]) -> None:
    manager.goto("/trains")
    manager.get_by_role("region", name="Next departure").get_by_role("link").first.click()
    manager.get_by_role("button", name="Depart now…").click()
    manager.get_by_role("dialog").get_by_role("button", name="Depart now").click()
    expect(phase(manager, "Build")).to_contain_text("is being built")

    manager.get_by_role("button", name="Cancel…").click()
    dialog = manager.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("the wrong week")
    dialog.get_by_role("button", name="Cancel the train").click()
    expect(manager.locator(".summary")).to_have_text("Cancelled by manager: the wrong week")
    expect(phase(manager, "Compatibility")).to_contain_text("was cancelled.")
    expect(phase(manager, "Build")).to_contain_text("The build order was withdrawn")
    inspect(manager, axe)


def test_a_person_subscribes_to_the_timetable(manager: Page) -> None:
    manager.goto("/trains")
    manager.get_by_role("button", name="Make my address").click()
    address = manager.get_by_role("textbox", name="Subscribe")
    first = address.input_value()
    answer = manager.request.get(first)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")

    manager.get_by_role("button", name="Make a new address").click()
    expect(address).not_to_have_value(first)
    assert manager.request.get(address.input_value()).status == 200


def test_the_page_of_a_train_that_goes_from_the_timetable_says_so_and_where_to_look(
    manager: Page, axe: Callable[[Page], None]
) -> None:
    last = Train.objects.filter(events=None).latest("departs_at")
    open_live(manager, f"/trains/{last.label}")

    TrainSchedule.objects.update(active=False)

    expect(badge(manager)).to_have_text("This is gone")
    expect(manager.get_by_role("alert")).to_contain_text("Releases and Trains list what there is.")
    expect(manager.get_by_role("heading", level=1)).to_contain_text(last.label)
    inspect(manager, axe)
