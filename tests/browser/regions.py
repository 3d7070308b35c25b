"""Compares what an open page shows with what the server sends for a fresh load of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What the script words or carries by itself, and the marks of htmx, are nobody's news. The sequence number is that of
# the last push of a part: a row that nothing happened to is not pushed, and keeps an older one.
_REGIONS = """async () => {
  const wanted = [
    "#release-head", "#release-announce", "#release-stages", "#graph-edges", "[id^='node-']", "[id^='step-']",
    "#release-feed", "#release-summaries", "#release-validation", "#release-notes", "#board-open", "#board-grid",
    "#train-state", "#train-announce", "#departures",
  ].join(",");
  const plain = (element) => {
    const copy = element.cloneNode(true);
    for (const each of [copy, ...copy.querySelectorAll("*")]) {
      if (each.matches("[data-carried]")) each.remove();
      if (each.matches("time")) { each.textContent = ""; each.removeAttribute("title"); }
      if (each.matches("meter")) { each.textContent = ""; each.removeAttribute("value"); }
      if (each.matches("[data-share]")) each.textContent = "";
      each.classList.remove("changed");
      if (!each.classList.length) each.removeAttribute("class");
      for (const name of ["data-now", "data-seq", "data-htmx-powered", "hx-swap-oob"]) each.removeAttribute(name);
    }
    return copy.outerHTML.replace(/\\s+/g, " ").replace(/> /g, ">").replace(/ </g, "<");
  };
  const shown = (page) => Object.fromEntries(
    [...page.querySelectorAll(wanted)].filter((each) => !each.closest("dialog") || each.tagName === "DIALOG")
      .map((each) => [each.id, plain(each)]));
  const answer = await fetch(location.href, { cache: "no-store" });
  return [shown(document), shown(new DOMParser().parseFromString(await answer.text(), "text/html"))];
}"""


def assert_same_as_reloaded(page: Page) -> None:
    """Fail with each region that differs; the caller has waited until nothing changes any more."""
    live, fresh = cast("list[dict[str, str]]", page.evaluate(_REGIONS))
    assert live, "the page has no live region"
    different = [
        f"shown  {live.get(name)}\nloaded {fresh.get(name)}"
        for name in live | fresh
        if live.get(name) != fresh.get(name)
    ]
    assert not different, "\n".join(different)
