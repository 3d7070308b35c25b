"""Gates between people: who signs opens the way for another, a freeze stops everybody, an inbox says who is needed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.acts import badge, create_release, head, heading, open_live
from tests.browser.conftest import DESKTOP, PHONE
from tests.signing import needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import OpenContext

REASON = "the payment provider is down"


def inspect(page: Page, axe: Callable[[Page], None]) -> None:
    """Look at the page in both themes and at the width of a phone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        axe(page)
    page.set_viewport_size(PHONE)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    axe(page)
    page.set_viewport_size(DESKTOP)


def freezes(page: Page) -> Locator:
    return page.get_by_role("region", name="Freezes")


def promote_button(page: Page, stage: str) -> Locator:
    return page.get_by_role("button", name=f"Promote to {stage}")


def test_one_person_finds_in_the_inbox_what_to_sign_and_the_gate_opens_for_another(
    manager: Page, open_context: OpenContext, axe: Callable[[Page], None]
) -> None:
    approver = open_context(signed_in_as="approver").new_page()
    approver.goto("/inbox")
    expect(approver.locator("#inbox")).to_contain_text("Nothing waits for you.")
    inspect(approver, axe)

    needs("DEV")
    create_release(manager)
    expect(promote_button(manager, "DEV")).to_be_disabled()
    expect(head(manager)).to_contain_text("DEV needs 1 sign-off of role approver.")

    expect(approver.locator("#inbox")).to_contain_text("DEV needs 1 sign-off of role approver.")
    approver.reload()
    expect(approver.locator("#inbox-count")).to_have_text(re.compile(r"^1"))
    inspect(approver, axe)
    approver.get_by_role("link", name="Sign 2.2.0-alpha.1 off for DEV as approver").click()
    expect(badge(approver)).to_have_text("Live")
    approver.get_by_role("button", name="Sign off as approver").click()

    expect(promote_button(manager, "DEV")).to_be_enabled()
    expect(manager.get_by_role("list", name="Sign-offs")).to_contain_text("approver")
    approver.goto("/inbox")
    expect(approver.locator("#inbox")).to_contain_text("Nothing waits for you.")


def test_a_freeze_is_seen_by_everybody_at_once_and_lifted_early(
    manager: Page, open_context: OpenContext, axe: Callable[[Page], None]
) -> None:
    create_release(manager)
    viewer = open_context(signed_in_as="viewer").new_page()
    open_live(viewer, "/")
    expect(freezes(viewer)).to_contain_text("Nothing is frozen.")

    freezes(manager).get_by_role("button", name="Freeze…").click()
    dialog = manager.get_by_role("dialog", name="Freeze a stage at once?")
    dialog.get_by_label("Stage").select_option("DEV")
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_role("button", name="Freeze it now").click()

    expect(freezes(viewer)).to_contain_text(REASON)
    expect(freezes(viewer)).to_contain_text("by manager")
    expect(viewer.locator("#board-stage-DEV")).to_contain_text("Frozen until")
    expect(promote_button(manager, "DEV")).to_be_disabled()
    expect(head(manager)).to_contain_text(re.compile(rf"DEV is frozen by manager until .*: {REASON}\."))
    inspect(viewer, axe)

    freezes(manager).get_by_role("button", name="Lift…").click()
    manager.get_by_role("dialog").get_by_role("button", name="Lift the freeze of DEV").click()
    expect(freezes(viewer)).to_contain_text("Nothing is frozen.")
    expect(promote_button(manager, "DEV")).to_be_enabled()
    inspect(manager, axe)


def test_a_bypass_is_loud_for_everybody_until_it_is_ended(
    manager: Page, open_context: OpenContext, axe: Callable[[Page], None]
) -> None:
    create_release(manager)
    freezes(manager).get_by_role("button", name="Freeze…").click()
    dialog = manager.get_by_role("dialog", name="Freeze a stage at once?")
    dialog.get_by_label("Stage").select_option("DEV")
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_role("button", name="Freeze it now").click()
    expect(promote_button(manager, "DEV")).to_be_disabled()

    admin = open_context(signed_in_as="admin").new_page()
    open_live(admin, "/releases/2.2.0-alpha.1")
    expect(heading(admin)).to_have_text("Platform 2.2.0-alpha.1")
    admin.get_by_role("button", name="Bypass… freeze").click()
    admin.get_by_role("dialog").get_by_label("Reason").fill("the fix for it")
    admin.get_by_role("dialog").get_by_role("button", name="Bypass freeze").click()
    expect(head(manager)).to_contain_text("admin lets this release pass the gate freeze of DEV")
    expect(promote_button(manager, "DEV")).to_be_enabled()
    inspect(admin, axe)

    admin.get_by_role("button", name="End the bypass").click()
    expect(head(manager)).not_to_contain_text("admin lets this release pass")
    expect(promote_button(manager, "DEV")).to_be_disabled()
