"""The board is killed under an open page, and the page takes it up again by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.acts import badge, create_release, expect_arrived, heading, promote, row, sign_in, state
from tests.browser.child_board import ChildBoard
from tests.browser.regions import assert_same_as_reloaded
from tests.browser.simulation import Simulation

if TYPE_CHECKING:
    from pathlib import Path

# Its own marker: this test starts whole processes, beside the board that the other tests share.
pytestmark = pytest.mark.process


def test_a_page_survives_the_death_of_the_board_in_mid_promotion(chromium: Browser, tmp_path: Path) -> None:
    with ChildBoard(folder=tmp_path) as board:
        context = chromium.new_context(base_url=board.address, reduced_motion="reduce")
        page = context.new_page()
        page.goto("/")
        sign_in(page, "manager")
        expect(heading(page)).to_have_text("Board")
        services = Simulation(port=board.demo_port)
        services.hurry()
        services.behave("checkout", duration_ms=4_000)
        create_release(page)
        page.evaluate("window.neverReloaded = true")
        promote(page, "DEV")
        expect(state(row(page, "checkout"))).to_have_text("In progress")
        board.kill()
        expect(badge(page)).to_contain_text("Stale since")
        expect(state(row(page, "checkout"))).to_have_text("In progress")
        board.start()
        expect(badge(page)).to_have_text("Live")
        expect_arrived(page, "DEV", "2.2.0-alpha.1")
        expect(page.locator("#release-feed").get_by_text("checkout was asked to deploy")).to_have_count(1)
        assert page.evaluate("window.neverReloaded") is True
        assert_same_as_reloaded(page)
        context.close()
