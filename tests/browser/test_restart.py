"""The board is killed under an open page, and the page takes it up again by itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.acts import badge, create_release, expect_arrived, heading, promote, row, sign_in, state
from tests.browser.regions import assert_same_as_reloaded
from tests.browser.simulation import Simulation
from tests.flows.processes import Running, demo_environment, serve, start
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# This test starts whole processes, beside the board that the other tests share.
pytestmark = pytest.mark.process

READY = "The release board is ready"


@contextmanager
def running(environment: Mapping[str, str], log: Path, port: int) -> Iterator[Running]:
    """Run the board until the block ends, and then kill it."""
    board = start(environment, log, *serve(port))
    try:
        board.wait_for(READY)
        yield board
    finally:
        board.kill()


def test_a_page_survives_the_death_of_the_board_in_mid_promotion(chromium: Browser, tmp_path: Path) -> None:
    port = free_port(consecutive=8)
    environment = demo_environment(
        port=port,
        demo_port=port + 1,
        data=tmp_path / "demo",
        DATABASE_URL=f"sqlite:///{tmp_path / 'board.sqlite3'}",
        SESSION_TIMEOUT_DEFAULT_MS="27000",
    )
    context = chromium.new_context(base_url=f"http://127.0.0.1:{port}", reduced_motion="reduce")
    page = context.new_page()
    with running(environment, tmp_path / "first.log", port):
        page.goto("/")
        sign_in(page, "manager")
        expect(heading(page)).to_have_text("Board")
        services = Simulation(port=port + 1)
        services.hurry()
        services.behave("checkout", duration_ms=4_000)
        create_release(page)
        page.evaluate("window.neverReloaded = true")
        promote(page, "DEV")
        expect(state(row(page, "checkout"))).to_have_text("In progress")
    expect(badge(page)).to_contain_text("Stale since")
    expect(state(row(page, "checkout"))).to_have_text("In progress")
    with running(environment, tmp_path / "second.log", port):
        expect(badge(page)).to_have_text("Live")
        expect_arrived(page, "DEV", "2.2.0-alpha.1")
        # None where its first report overtook the answer to the order; two would mean that it was asked twice.
        assert page.locator("#release-feed").get_by_text("checkout was asked to deploy").count() <= 1
        assert page.evaluate("window.neverReloaded") is True
        assert_same_as_reloaded(page)
        context.close()
