"""From signing in to a released platform version, watched on one page that is never reloaded."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.acts import (
    PHASES,
    SERVICES,
    create_release,
    expect_arrived,
    head,
    heading,
    node,
    open_live,
    post,
    promote,
    row,
    sign_in,
    state,
)
from tests.browser.recording import record_states, recorded_states

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.simulation import Simulation

LIVE_BEFORE = {
    "inventory": "1.2.3",
    "checkout": "1.5.2",
    "recommendations": "2.1.0",
    "web": "3.0.1",
    "helm": "1.1.0",
}
SLOW_MS = 1_200  # long enough for every state to be seen


def test_the_release_manager_signs_in_and_sees_what_every_service_runs_in_every_stage(
    services: Simulation, page: Page
) -> None:
    page.goto("/")
    sign_in(page, "manager")
    expect(heading(page)).to_have_text("Board")
    grid = page.get_by_role("region", name="Stages and services")
    expect(grid.get_by_role("columnheader")).to_contain_text(["DEV", "QA", "STAGING", "PROD"])
    for service, version in LIVE_BEFORE.items():
        expect(row(page, service).get_by_role("cell")).to_contain_text([version] * 4)


def test_a_release_is_promoted_stage_by_stage_until_the_board_shows_it_live(
    services: Simulation, manager: Page
) -> None:
    create_release(manager)
    for stage, version in (("DEV", "2.2.0-alpha.1"), ("QA", "2.2.0-beta.1"), ("STAGING", "2.2.0-rc.1")):
        promote(manager, stage)
        expect_arrived(manager, stage, version)
        expect(heading(manager)).to_have_text(f"Platform {version}")
    manager.get_by_role("button", name="Promote to PROD").click()
    dialog = manager.get_by_role("dialog", name="Promote 2.2.0 to PROD?")
    expect(dialog).to_contain_text("A published version can never be published again.")
    dialog.get_by_role("button", name="Not now").click()
    expect(dialog).to_be_hidden()
    expect(state(head(manager))).to_have_text("Waiting after STAGING")
    promote(manager, "PROD")
    expect_arrived(manager, "PROD", "2.2.0")
    expect(state(head(manager))).to_have_text("Released")
    expect(manager.get_by_role("button", name="Promote")).to_be_disabled()
    open_live(manager, "/")
    grid = manager.get_by_role("region", name="Stages and services")
    expect(grid.get_by_role("columnheader").locator(".version")).to_have_text(
        ["2.2.0-alpha.1", "2.2.0-beta.1", "2.2.0-rc.1", "2.2.0"]
    )
    expect(row(manager, "inventory").get_by_role("cell")).to_contain_text(["1.4.0"] * 4)


def test_rows_and_nodes_change_live_phase_after_phase(services: Simulation, manager: Page) -> None:
    services.take(SLOW_MS)
    create_release(manager)
    record_states(manager)
    promote(manager, "DEV")
    expect(state(row(manager, "inventory"))).to_have_text("In progress")
    expect(state(node(manager, "inventory"))).to_have_text("In progress")
    expect(row(manager, "inventory").get_by_role("progressbar")).to_be_visible()
    expect(state(row(manager, "web"))).to_have_text("Pending")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    seen = recorded_states(manager)
    for place in ("step", "node"):
        for service in SERVICES:
            states = {moment[f"{place}-{service}"] for moment in seen}
            assert states >= {"pending", "in_progress", "succeeded"}, f"{place}-{service} showed only {states}"
        too_early = [moment for moment in seen if not in_dependency_order(moment, place)]
        assert not too_early


def in_dependency_order(moment: dict[str, str], place: str) -> bool:
    """Tell whether no service had begun while one of the phase before it was not done."""
    for earlier, later in pairwise(PHASES):
        begun = any(moment[f"{place}-{service}"] != "pending" for service in later)
        done = all(moment[f"{place}-{service}"] == "succeeded" for service in earlier)
        if begun and not done:
            return False
    return True


def test_each_phase_ends_with_its_summary(services: Simulation, manager: Page) -> None:
    create_release(manager)
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    summaries = manager.get_by_role("region", name="Summaries").get_by_role("listitem")
    expect(summaries).to_contain_text(
        [
            "Phase 4 Complete 1 of 1 answered",
            "Phase 3 Complete 1 of 1 answered",
            "Phase 2 Complete 2 of 2 answered",
            "Phase 1 Complete 1 of 1 answered",
        ],
        use_inner_text=True,
    )


def test_a_stage_cannot_be_jumped_over_even_by_a_form_that_no_page_shows(services: Simulation, manager: Page) -> None:
    create_release(manager)
    status, text = post(manager.context, "/releases/2.2.0-alpha.1/promote", stage="QA")
    assert status == 409
    assert "DEV comes before QA; promote there first." in text
