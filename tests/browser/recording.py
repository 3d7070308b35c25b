"""Notes every state that the rows and nodes of a release page go through, as often as the page changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RECORD = """() => {
  const places = () => [...document.querySelectorAll("[id^='step-'][data-state], [id^='node-'][data-state]")];
  const note = () => recorded.push(Object.fromEntries(places().map((place) => [place.id, place.dataset.state])));
  window.recorded = [];
  note();
  new MutationObserver(note).observe(document.querySelector("main"), {
    attributes: true, attributeFilter: ["data-state"], childList: true, subtree: true,
  });
}"""


def record_states(page: Page) -> None:
    page.evaluate(_RECORD)


def recorded_states(page: Page) -> list[dict[str, str]]:
    """Return each moment as the state by the id of its row or node."""
    return cast("list[dict[str, str]]", page.evaluate("recorded"))
