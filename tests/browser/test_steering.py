"""Pausing, resuming and cancelling, and who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.acts import (
    create_release,
    expect_arrived,
    head,
    heading,
    open_live,
    post,
    promote,
    row,
    state,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation

SLOW_MS = 2_500


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
    expect(manager.get_by_role("button", name="Cancel…")).to_have_count(0)
    expect(manager.get_by_role("button", name="Promote to DEV")).to_be_disabled()


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
    expect(viewer.get_by_role("button", name="Cancel…")).to_have_count(0)
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
    assert "To promote a release you need the role release manager." in text
