"""Pausing, resuming and cancelling, and who may not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx2
import pytest
from playwright.sync_api import expect

from releases.models import Promotion
from tests.browser.acts import (
    create_release,
    expect_arrived,
    expect_held,
    head,
    heading,
    open_live,
    post,
    promote,
    row,
    state,
)
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.regions import assert_same_as_reloaded
from tests.factories import slot, token_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import OpenContext, SaveScreenshot, Scheme
    from tests.browser.simulation import Simulation

SLOW_MS = 5_000


@pytest.fixture
def running(services: Simulation, manager: Page) -> Page:
    """The page of a release whose first service is at work."""
    services.behave("inventory", duration_ms=SLOW_MS)
    create_release(manager)
    promote(manager, "DEV")
    expect(state(row(manager, "inventory"))).to_have_text("In progress")
    return manager


def test_a_paused_promotion_asks_nobody_else_until_it_is_resumed(running: Page) -> None:
    running.get_by_role("button", name="Pause").click()
    expect(state(head(running))).to_have_text("Paused in DEV")
    expect(state(row(running, "inventory"))).to_have_text("Succeeded")
    expect(head(running)).to_contain_text("Paused with 1 of 5 services done.")
    expect(state(row(running, "checkout"))).to_have_text("Pending")
    running.get_by_role("button", name="Resume").click()
    expect_arrived(running, "DEV", "2.2.0-alpha.1")


def test_cancelling_a_promotion_says_what_stays_and_leaves_the_release_to_be_promoted_again(running: Page) -> None:
    running.get_by_role("button", name="Cancel…").click()
    dialog = running.get_by_role("dialog", name="Cancel the promotion of 2.2.0-alpha.1 to DEV?")
    expect(dialog).to_contain_text("Services that are done keep what they deployed.")
    dialog.get_by_label("Reason").fill("wrong week")
    dialog.get_by_role("button", name="Cancel the promotion to DEV").click()
    expect(dialog).to_be_hidden()
    expect(state(head(running))).to_have_text("Planned")
    expect(state(row(running, "inventory"))).to_have_text("Cancelled")
    expect(running.locator("#release-feed")).to_contain_text("manager cancelled the promotion to DEV: wrong week")
    expect(running.get_by_role("button", name="Promote to DEV")).to_be_enabled()


def test_cancelling_a_release_ends_it(services: Simulation, manager: Page) -> None:
    create_release(manager)
    manager.get_by_role("button", name="Cancel…").click()
    dialog = manager.get_by_role("dialog", name="Cancel the release 2.2.0?")
    expect(dialog).to_contain_text("A cancelled release cannot be taken up again")
    dialog.get_by_label("Reason").fill("superseded")
    dialog.get_by_role("button", name="Cancel the release 2.2.0").click()
    expect(state(head(manager))).to_have_text("Cancelled")
    for name in ("Cancel…", "Pause", "Promote to DEV"):
        expect(manager.get_by_role("button", name=name)).to_be_disabled()
    expect(manager.get_by_role("button", name="Cancel…")).to_have_accessible_description(
        "2.2.0-alpha.1 is already cancelled."
    )


def test_a_dialog_that_is_left_changes_nothing(running: Page) -> None:
    running.get_by_role("button", name="Cancel…").click()
    running.keyboard.press("Escape")
    expect(running.get_by_role("dialog")).to_have_count(0)
    expect_arrived(running, "DEV", "2.2.0-alpha.1")


def test_a_viewer_sees_what_happens_and_why_every_button_is_disabled(
    services: Simulation, manager: Page, open_context: OpenContext
) -> None:
    create_release(manager)
    viewer = open_context(signed_in_as="viewer").new_page()
    open_live(viewer, "/releases/2.2.0-alpha.1")
    button = viewer.get_by_role("button", name="Promote to DEV")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description("To steer a promotion you need the role release manager.")
    expect(viewer.get_by_role("button", name="Cancel…")).to_be_disabled()
    expect(viewer.locator(".page-head .why")).to_have_text("To steer a promotion you need the role release manager.")
    promote(manager, "DEV")
    expect_arrived(viewer, "DEV", "2.2.0-alpha.1")
    expect(viewer.get_by_role("button", name="Promote to QA")).to_be_disabled()


def test_a_viewer_cannot_plan_and_is_told_why(services: Simulation, open_context: OpenContext) -> None:
    viewer = open_context(signed_in_as="viewer").new_page()
    open_live(viewer, "/")
    button = viewer.get_by_role("button", name="New release")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description("To plan a release you need the role release manager.")
    viewer.goto("/plans/new")
    expect(heading(viewer)).to_have_text("New release")
    expect(viewer.get_by_role("button", name="Create release")).to_be_disabled()


def test_a_form_that_a_viewer_sends_without_its_page_is_refused(
    services: Simulation, manager: Page, open_context: OpenContext
) -> None:
    create_release(manager)
    viewer = open_context(signed_in_as="viewer").new_page()
    open_live(viewer, "/releases/2.2.0-alpha.1")
    status, text = post(viewer.context, "/releases/2.2.0-alpha.1/promote", stage="DEV")
    assert status == 403
    assert "To promote a release in DEV you need the role release manager, for all stages or for DEV." in text


@pytest.fixture
def overtaken(services: Simulation, manager: Page, board: str) -> Page:
    """The page of a release that checkout holds up: it failed, and reported success when that was too late."""
    services.behave("checkout", mode="fail", times=1)
    create_release(manager)
    promote(manager, "DEV")
    expect_held(manager, "DEV")
    report_success(board, "checkout")
    expect(row(manager, "checkout")).to_contain_text("Succeeded late")
    return manager


def report_success(board: str, service: str) -> None:
    """Call back as the service of the open promotion does."""
    dispatch = slot(Promotion.objects.get(finished_at=None), service)
    answer = httpx2.post(
        f"{board}/api/v1/callbacks",
        headers={"Authorization": f"Bearer {token_of(dispatch)}"},
        json={
            "correlation_id": str(dispatch.session.correlation_id),
            "source": service,
            "attempt": dispatch.attempt,
            "status": "succeeded",
            "message": "the schema was migrated by hand",
        },
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["late"]) == (200, True)


def test_a_success_that_came_too_late_is_pointed_out_and_can_be_accepted(overtaken: Page) -> None:
    expect(overtaken.locator(".summary")).to_contain_text("checkout succeeded too late: accept that, or retry or skip.")
    expect(row(overtaken, "checkout")).to_contain_text("Reported “succeeded” at")
    assert_same_as_reloaded(overtaken)
    row(overtaken, "checkout").get_by_role("button", name="Accept late result… of checkout").click()
    dialog = overtaken.get_by_role("dialog", name="Accept the late result of checkout?")
    expect(dialog).to_contain_text("The summary of the session stays as it is.")
    dialog.get_by_role("button", name="Accept the late result").click()
    expect_arrived(overtaken, "DEV", "2.2.0-alpha.1")
    expect(state(row(overtaken, "checkout"))).to_have_text("Succeeded")
    expect(row(overtaken, "checkout")).to_contain_text("Late result accepted")
    expect(overtaken.locator("#release-feed")).to_contain_text("manager accepted the late result of checkout")
    expect(overtaken.locator("#release-summaries")).to_contain_text("1 error")
    assert_same_as_reloaded(overtaken)


def test_a_button_that_makes_no_sense_on_a_row_is_there_with_the_reason(running: Page) -> None:
    inventory = row(running, "inventory")
    inventory.get_by_text("Actions").click()
    for name in ("Retry inventory", "Skip… inventory", "Accept late result… of inventory"):
        expect(inventory.get_by_role("button", name=name)).to_be_disabled()
    expect(inventory.locator(".why")).to_contain_text("only a service that failed can be retried, skipped or accepted.")
    expect(state(inventory)).to_have_text("Succeeded")
    expect(inventory.get_by_role("button", name="Retry inventory")).to_be_visible()  # what was opened stays open


def test_who_is_waited_for_since_when_and_who_is_late_is_counted_on_the_page(
    services: Simulation, manager: Page, open_context: OpenContext
) -> None:
    services.behave("inventory", mode="silent", times=1)
    create_release(manager)
    promote(manager, "DEV")
    inventory = row(manager, "inventory")
    expect(inventory).to_contain_text(re.compile(r"asked, silent for \ds, \ds left"))
    expect(inventory).to_contain_text(re.compile(r"silent for [2-9]s"))
    later = open_context(signed_in_as="viewer").new_page()
    later.clock.install()
    later.route_web_socket("**/ws/**", lambda _socket: None)
    later.goto("/releases/2.2.0-alpha.1")
    later.clock.run_for(40_000)
    expect(row(later, "inventory")).to_contain_text(re.compile(r"asked, silent for 4\ds, overdue"))
    expect(row(later, "inventory").locator("[data-late]")).to_have_text("overdue")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_in_every_state(
    overtaken: Page, open_context: OpenContext, screenshot: SaveScreenshot, axe: Callable[[Page], None], scheme: Scheme
) -> None:
    def look(state_name: str) -> None:
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            page = open_context(signed_in_as="manager", scheme=scheme, size=size).new_page()
            open_live(page, "/releases/2.2.0-alpha.1")
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            row(page, "checkout").scroll_into_view_if_needed()
            screenshot(page, f"steering-{state_name}-{name}-{scheme}")

    look("held")
    overtaken.get_by_role("button", name="Pause").click()
    expect(state(head(overtaken))).to_have_text("Paused in DEV")
    look("paused")
    overtaken.get_by_role("button", name="Cancel…").click()
    overtaken.get_by_role("dialog").get_by_label("Reason", exact=True).fill("wrong week")
    overtaken.get_by_role("button", name="Cancel the promotion to DEV").click()
    expect(state(head(overtaken))).to_have_text("Planned")
    look("cancelled")
