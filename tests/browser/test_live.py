"""The open page and the truth: what is pushed equals what a fresh load shows, in every window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.acts import (
    badge,
    create_release,
    expect_arrived,
    expect_held,
    head,
    open_live,
    promote,
    row,
    state,
)
from tests.browser.regions import assert_same_as_reloaded

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute
    from pytest_django import Settings

    from tests.browser.conftest import OpenContext
    from tests.browser.simulation import Simulation

RELEASE = "/releases/2.2.0-alpha.1"


def test_the_open_release_page_equals_a_fresh_load_at_every_stop(
    services: Simulation, manager: Page, settings: Settings
) -> None:
    settings.SESSION_TIMEOUT_DEFAULT_MS = 5_000
    services.behave("checkout", mode="silent", times=1)
    create_release(manager)
    assert_same_as_reloaded(manager)
    promote(manager, "DEV")
    expect(state(row(manager, "recommendations"))).to_have_text("Succeeded")
    expect(state(row(manager, "checkout"))).to_have_text("Asked")
    assert_same_as_reloaded(manager)
    manager.get_by_role("button", name="Pause").click()
    expect(state(head(manager))).to_have_text("Paused in DEV")
    assert_same_as_reloaded(manager)
    manager.get_by_role("button", name="Resume").click()
    expect_held(manager, "DEV")
    expect(state(row(manager, "recommendations"))).to_have_text("Succeeded")
    assert_same_as_reloaded(manager)
    row(manager, "checkout").get_by_role("button", name="Retry checkout").click()
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    assert_same_as_reloaded(manager)


def test_the_open_board_equals_a_fresh_load_while_a_release_is_held(
    services: Simulation, manager: Page, open_context: OpenContext
) -> None:
    services.behave("checkout", mode="fail", times=1)
    board = open_context(signed_in_as="admin").new_page()
    open_live(board, "/")
    create_release(manager)
    expect(board.get_by_role("region", name="Open releases")).to_contain_text("Not promoted yet")
    assert_same_as_reloaded(board)
    promote(manager, "DEV")
    expect(board.get_by_role("region", name="Open releases")).to_contain_text("Held in DEV")
    # The others of its phase go on; nothing may happen between the two looks.
    expect(board.locator("#cell-recommendations-DEV")).to_have_attribute("data-state", "succeeded")
    assert_same_as_reloaded(board)


def test_an_act_in_one_window_shows_in_the_other(
    services: Simulation, manager: Page, open_context: OpenContext
) -> None:
    services.behave("inventory", duration_ms=2_000)
    create_release(manager)
    other = open_context(signed_in_as="admin").new_page()
    open_live(other, RELEASE)
    promote(other, "DEV")
    expect(state(head(manager))).to_have_text("Promoting to DEV")
    manager.get_by_role("button", name="Pause").click()
    expect(state(head(other))).to_have_text("Paused in DEV")
    expect(other.locator("#release-feed")).to_contain_text("manager paused the promotion to DEV")
    other.get_by_role("button", name="Resume").click()
    for page in (manager, other):
        expect_arrived(page, "DEV", "2.2.0-alpha.1")


def test_an_act_on_what_a_page_no_longer_shows_right_is_refused_with_the_reason(
    services: Simulation, manager: Page, open_context: OpenContext
) -> None:
    create_release(manager)
    deaf = open_context(signed_in_as="admin").new_page()
    deaf.route_web_socket("**/ws/**", lambda _socket: None)
    deaf.goto(RELEASE)
    promote(manager, "DEV")
    expect_arrived(manager, "DEV", "2.2.0-alpha.1")
    promote(deaf, "DEV")
    alert = deaf.get_by_role("alert")
    expect(alert).to_contain_text("2.2.0-alpha.1 has changed since this page was shown")
    expect(alert).to_contain_text("Look again, then decide.")
    expect(manager.locator("#release-feed").get_by_text("started promoting")).to_have_count(1)


def test_a_page_that_hears_nothing_says_since_when(services: Simulation, open_context: OpenContext) -> None:
    deaf = open_context(signed_in_as="manager").new_page()
    deaf.clock.install()
    deaf.route_web_socket("**/ws/**", lambda _socket: None)
    deaf.goto("/")
    expect(badge(deaf)).to_have_text("Catching up")
    deaf.clock.run_for(13_000)
    expect(badge(deaf)).to_contain_text("Stale since")


def test_a_page_that_heard_something_lately_is_not_stale(services: Simulation, open_context: OpenContext) -> None:
    sockets: list[WebSocketRoute] = []

    def keep(opened: WebSocketRoute) -> None:
        sockets.append(opened)

    page = open_context(signed_in_as="manager").new_page()
    page.clock.install()
    page.route_web_socket("**/ws/**", keep)
    page.goto("/")
    expect(badge(page)).to_have_text("Catching up")
    page.clock.run_for(8_000)
    sockets[0].send('<i id="live-beat" hidden data-seq="0"></i>')
    expect(badge(page)).to_have_text("Live")
    page.clock.run_for(8_000)
    expect(badge(page)).to_have_text("Live")
