"""The page of a service: what it promises, and what it answers when it is probed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.simulation import Simulation

FETCHED = "OpenAPI of 1.2.3"


def test_a_service_is_probed_and_its_contracts_are_checked_against_its_fetched_document(
    services: Simulation, manager: Page, axe: Callable[[Page], None]
) -> None:
    manager.goto("/services/inventory")
    manager.get_by_role("button", name="Probe now").press("Enter")

    probes = manager.get_by_role("region", name="Probes")
    expect(probes.get_by_role("row").filter(has_text="PROD").filter(has_text="Readiness probe")).to_contain_text(
        "Passed"
    )
    expect(probes.get_by_role("button", name="Probe now")).to_be_enabled()
    manager.reload()
    expect(manager.get_by_role("link", name=FETCHED)).to_be_visible()
    contracts = manager.get_by_role("region", name="Contracts")
    adjust = contracts.get_by_role("row").filter(has_text="POST /api/v1/inventory/{id}/adjust")
    expect(adjust).to_contain_text("Holds")
    expect(adjust.get_by_role("link", name="checkout")).to_be_visible()
    for scheme in ("light", "dark"):
        manager.emulate_media(color_scheme=scheme)
        axe(manager)
    manager.set_viewport_size(PHONE)
    assert not manager.evaluate("document.documentElement.scrollWidth > innerWidth")
    axe(manager)
    manager.set_viewport_size(DESKTOP)
