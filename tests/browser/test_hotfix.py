"""A hotfix from the plan page to the last stage, and what it owes made up for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.acts import LONG_MS, badge, expect_arrived, heading, promote
from tests.browser.complaints import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.simulation import Simulation


def test_a_critical_hotfix_goes_live_once_its_tests_passed_and_owes_what_it_skipped(
    services: Simulation, manager: Page
) -> None:
    manager.goto("/plans/new")
    manager.get_by_role("navigation", name="Kind of release").get_by_role("link", name="Hotfix").click()
    manager.get_by_label("Urgency").select_option("CRITICAL")
    manager.get_by_label("checkout", exact=True).select_option("1.5.3")
    manager.get_by_role("textbox", name="Reason").fill("Orders fail at checkout")
    manager.get_by_role("textbox", name="Reason").press("Tab")
    expect(manager.get_by_role("region", name="What a CRITICAL hotfix skips")).to_contain_text("QA is skipped.")
    manager.get_by_role("button", name="Create release").click()
    expect(heading(manager)).to_have_text("Platform 2.1.1-rc.1")
    expect(badge(manager)).to_have_text("Live")

    promote(manager, "STAGING")
    expect_arrived(manager, "STAGING", "2.1.1-rc.1")
    panel = manager.get_by_role("region", name="CRITICAL hotfix")
    health = panel.get_by_role("listitem").filter(has_text="Service health")
    expect(health).to_contain_text("Passed", timeout=LONG_MS)

    promote(manager, "PROD")
    expect_arrived(manager, "PROD", "2.1.1")
    expect(panel).to_contain_text("QA was skipped.")
    assert_accessible(manager)

    manager.goto("/debts")
    owed = manager.get_by_role("region", name="Open debts")
    debt = owed.get_by_role("listitem").filter(has_text="QA was skipped.")
    debt.get_by_label("How was this made up for").fill("Ran it in QA")
    debt.get_by_role("button", name="Pay").click()
    expect(debt).to_have_count(0)
    assert_accessible(manager)
    manager.get_by_role("link", name="Paid").click()
    expect(manager.get_by_role("region", name="Paid debts")).to_contain_text("paid by manager")
