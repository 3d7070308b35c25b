"""The plan page: what it proposes and why, and how it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.acts import PHASES

if TYPE_CHECKING:
    from playwright.sync_api import Page

NEWEST = {
    "checkout": "1.5.3",
    "helm": "1.1.1",
    "inventory": "1.4.0",
    "recommendations": "2.2.0",
    "web": "3.0.2",
}
RULE = "recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen."


@pytest.fixture
def plan(manager: Page) -> Page:
    manager.goto("/plans/new")
    return manager


def chosen_versions(plan: Page) -> dict[str, str]:
    return {service: plan.get_by_label(service, exact=True).input_value() for service in NEWEST}


def choose_inventory_that_is_too_old(plan: Page) -> None:
    plan.get_by_label("inventory", exact=True).select_option("1.3.0")
    expect(plan.get_by_role("list", name="What does not fit together")).to_be_visible()


def test_the_plan_proposes_the_newest_eligible_versions_and_says_what_they_make(plan: Page) -> None:
    assert chosen_versions(plan) == NEWEST
    determined = plan.get_by_role("region", name="Platform 2.2.0")
    expect(determined.locator(".badge")).to_have_text("Compatible")
    expect(determined.locator(".rationale li")).to_have_text(
        [
            "checkout goes from 1.5.2 to 1.5.3, a PATCH step.",
            "helm goes from 1.1.0 to 1.1.1, a PATCH step.",
            "inventory goes from 1.2.3 to 1.4.0, a MINOR step.",
            "recommendations goes from 2.1.0 to 2.2.0, a MINOR step.",
            "web goes from 3.0.1 to 3.0.2, a PATCH step.",
            "The highest level is MINOR, so 2.1.0 becomes 2.2.0.",
        ]
    )


def test_the_plan_lists_every_change_with_its_level(plan: Page) -> None:
    changes = plan.get_by_role("region", name="Changes").get_by_role("row")
    expect(changes).to_have_text(
        [
            "Service Version Change Chosen by",
            "checkout 1.5.2 → 1.5.3 Patch resolver",
            "helm 1.1.0 → 1.1.1 Patch resolver",
            "inventory 1.2.3 → 1.4.0 Minor resolver",
            "recommendations 2.1.0 → 2.2.0 Minor resolver",
            "web 3.0.1 → 3.0.2 Patch resolver",
        ],
        use_inner_text=True,
    )


def test_the_plan_draws_the_phases_in_dependency_order(plan: Page) -> None:
    phases = plan.get_by_role("group", name="Dependency graph").locator(".phase")
    shown = [tuple(phase.get_by_role("link").all_inner_texts()) for phase in phases.all()]
    assert shown == list(PHASES)


def test_versions_that_may_not_be_chosen_say_why(plan: Page) -> None:
    expect(plan.locator("#plan-form option:disabled")).to_have_text(
        [
            "1.5.0 · It is in quarantine.",
            "1.5.4 · Its status in the registry is FAILED, not COMPLETED.",
            "2024.05.0 · “2024.05.0” is not a version: no number may begin with a zero.",
            "2.3.0-rc.1 · It is a prerelease, and the policy admits none here.",
            "3.1.0 · It is not released: its release status is PRE_RELEASE.",
        ]
    )


def test_a_set_that_does_not_fit_is_refused_with_the_rule_and_the_nearest_fix(plan: Page) -> None:
    choose_inventory_that_is_too_old(plan)
    reason = plan.get_by_role("list", name="What does not fit together").get_by_role("listitem")
    expect(reason.locator(".reason-text")).to_have_text(f"Broken: {RULE}")
    expect(reason.locator(".fix")).to_have_text("Take inventory 1.4.0, or keep recommendations at 2.1.0.")
    expect(reason.locator(".facts .mono")).to_have_text(["1.3.0", ">=1.4.0"])
    expect(plan.get_by_role("button", name="Create release")).to_be_disabled()
    expect(plan.locator("#create-why")).to_have_text(f"These versions are incompatible: {RULE}")


def test_choosing_the_fitting_version_again_lifts_the_refusal(plan: Page) -> None:
    choose_inventory_that_is_too_old(plan)
    plan.get_by_label("inventory", exact=True).select_option("1.4.0")
    expect(plan.get_by_role("button", name="Create release 2.2.0-alpha.1")).to_be_enabled()
    expect(plan.get_by_role("list", name="What does not fit together")).to_have_count(0)


def test_the_nearest_set_that_fits_is_taken_with_one_button(plan: Page) -> None:
    choose_inventory_that_is_too_old(plan)
    nearest = plan.get_by_role("region", name="The nearest set that fits")
    expect(nearest.get_by_role("listitem")).to_contain_text("1.3.0 → 1.4.0")
    nearest.get_by_role("button", name="Use these versions").click()
    expect(plan.get_by_role("button", name="Create release 2.2.0-alpha.1")).to_be_enabled()
    assert chosen_versions(plan) == NEWEST


def test_collecting_again_ends_with_the_number_of_versions(plan: Page) -> None:
    plan.get_by_role("button", name="Collect again").click()
    expect(plan.get_by_role("button", name="Collect again", exact=True)).to_be_enabled()
    expect(plan.locator("#collection")).to_contain_text("24 versions collected just now")
