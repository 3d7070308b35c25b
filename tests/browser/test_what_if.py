"""Trying out other rules on the plan page, as a release manager does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

RULE = "recommendations >=2.2.0 needs inventory"


@pytest.fixture
def plan(manager: Page) -> Page:
    manager.goto("/plans/new?version-inventory=1.3.0")
    manager.get_by_text("What if the rules were others?").click()
    return manager


def try_out(plan: Page, label: str, text: str) -> None:
    field = plan.get_by_label(label, exact=True).last
    field.fill(text)
    field.press("Tab")


def test_a_looser_rule_is_judged_beside_the_plan_as_things_are_and_can_be_shared(plan: Page) -> None:
    try_out(plan, RULE, ">=1.3.0")
    beside = plan.get_by_role("region", name="What if, beside things as they are")
    expect(beside.locator("tr", has_text="Verdict").locator(".badge")).to_have_text(["Incompatible", "Compatible"])
    expect(beside.get_by_text("Reasons that go")).to_be_visible()
    expect(plan.get_by_role("button", name="Create release")).to_be_disabled()

    plan.reload()
    expect(plan.get_by_label(RULE, exact=True)).to_have_value(">=1.3.0")
    expect(beside.locator("tr", has_text="Verdict").locator(".badge")).to_have_text(["Incompatible", "Compatible"])


def test_a_rule_that_cannot_be_read_says_how_to_write_it_and_the_next_try_is_judged(plan: Page) -> None:
    try_out(plan, "Another rule", "web wants checkout")
    expect(plan.locator("#plan-result")).to_contain_text("“web wants checkout” is not a rule.")
    try_out(plan, "Another rule", "helm ^1.1.0 -> web >=9.0.0")
    expect(plan.get_by_role("region", name="What if, beside things as they are")).to_be_visible()
    expect(plan.get_by_role("region", name="Why no set fits")).to_contain_text("helm ^1.1.0 needs web >=9.0.0")
