"""A release taken back in the browser: seen before, started, and what becomes of its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from releases.models import ServiceVersion
from tests.browser.acts import LONG_MS, create_release, expect_arrived, head, heading, post, promote, row, state
from tests.browser.complaints import assert_accessible
from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation

BACK_TO = "Roll {} back to 2.1.0"
WAY_BACK = {
    "helm": "1.1.1 → 1.1.0",
    "web": "3.0.2 → 3.0.1",
    "checkout": "1.5.3 → 1.5.2",
    "recommendations": "2.2.0 → 2.1.0",
    "inventory": "1.4.0 → 1.2.3",
}


def preview(page: Page) -> None:
    """Go from the release's page to the way back."""
    page.get_by_role("link", name="Roll back…").click()
    expect(heading(page)).to_contain_text("Roll back")


def start(page: Page, stage: str) -> Locator:
    return page.get_by_role("button", name=BACK_TO.format(stage))


def expect_back(page: Page, stage: str) -> None:
    expect(state(head(page))).to_have_text("Rolled back", timeout=LONG_MS)
    expect(head(page)).to_contain_text(f"{stage} runs 2.1.0.")


def test_a_release_is_taken_back_as_previewed_and_its_versions_go_to_quarantine(
    services: Simulation, manager: Page
) -> None:
    create_release(manager)
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    preview(manager)
    order = manager.get_by_role("group", name="Order of the rollback, dependents first")
    expect(order.get_by_role("listitem")).to_have_text(
        [f"{service}{change}" for service, change in WAY_BACK.items()],
    )
    fate = manager.get_by_role("region", name="What becomes of the versions")
    expect(fate.get_by_role("listitem").filter(has_text="web")).to_contain_text("3.0.2 goes to quarantine")
    manager.get_by_label("Reason").fill("orders fail since 14:05")
    start(manager, "DEV").click()

    expect(heading(manager)).to_have_text("Platform 2.2.0-rollback.1")
    expect_back(manager, "DEV")
    told = manager.get_by_role("list", name="In quarantine").get_by_role("listitem")
    expect(told.filter(has_text="AppTrust knows since")).to_have_count(5, timeout=LONG_MS)
    assert_accessible(manager)
    manager.goto("/services/web")
    expect(row(manager, "3.0.2")).to_contain_text("It is in quarantine.")


def test_who_unticks_quarantine_may_promote_the_same_again(services: Simulation, manager: Page) -> None:
    create_release(manager)
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    preview(manager)
    manager.get_by_label("Reason").fill("wrong day")
    manager.get_by_label("Put in quarantine what is taken back").uncheck()
    start(manager, "DEV").click()
    expect_back(manager, "DEV")

    manager.goto("/releases/2.2.0-alpha.1")
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")


def test_out_of_the_last_stage_it_asks_for_the_version_and_for_what_cannot_be_undone(
    services: Simulation, manager: Page
) -> None:
    ServiceVersion.objects.filter(service__slug="web", version="3.0.2").update(irreversible="drops old sessions")
    create_release(manager)
    for stage, version in (("DEV", "2.2.0-alpha.1"), ("QA", "2.2.0-beta.1"), ("STAGING", "2.2.0-rc.1")):
        promote(manager, stage)
        expect_arrived(manager, stage, version)
    promote(manager, "PROD")
    expect_arrived(manager, "PROD", "2.2.0")
    preview(manager)
    check = manager.get_by_role("region", name="Safety check")
    expect(check).to_contain_text("Cannot be undone: web: 3.0.2 drops old sessions")
    manager.get_by_label("Reason").fill("orders fail")
    manager.get_by_label("I know that this does not undo everything").check()
    manager.get_by_label("to confirm: this changes PROD").fill("2.2")
    start(manager, "PROD").click()
    expect(manager.get_by_text("Type 2.2.0 to confirm that PROD goes back.")).to_be_visible()
    manager.get_by_label("to confirm: this changes PROD").fill("2.2.0")
    start(manager, "PROD").click()

    expect(heading(manager)).to_have_text("Platform 2.2.0-rollback.1")
    expect_back(manager, "PROD")


def test_the_preview_fits_a_phone_and_reads_in_both_themes(services: Simulation, manager: Page) -> None:
    create_release(manager)
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    preview(manager)
    for scheme in ("light", "dark"):
        for size in (DESKTOP, PHONE):
            manager.emulate_media(color_scheme=scheme)
            manager.set_viewport_size(size)
            assert not manager.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert_accessible(manager)


def test_a_viewer_sees_the_way_back_and_why_it_is_not_theirs(
    services: Simulation, manager: Page, open_context: OpenContext
) -> None:
    create_release(manager)
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    context = open_context(signed_in_as="viewer")
    page = context.new_page()
    page.goto("/releases/2.2.0-alpha.1/rollback")

    expect(start(page, "DEV")).to_be_disabled()
    missing = "To promote a release in DEV you need the role release manager, for all stages or for DEV."
    expect(page.get_by_text(missing)).to_be_visible()
    status, _ = post(context, "/releases/2.2.0-alpha.1/rollback/start", reason="because", digest="x")
    assert status == 403
