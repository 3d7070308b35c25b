"""What a live page tells its viewer, short enough to be compared with the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.html import Element

_STEP = re.compile(r"(step|node)-.+")
_STAGE = re.compile(r"(stage|board-stage)-.+")
_CELL = re.compile(r"cell-.+")
_SUMMARY = re.compile(r"summary-[0-9a-f-]{36}")
_ENTRY = re.compile(r"entry-(\d+)")
NO_ENTRY = "0"


def marks_of(page: Element) -> dict[str, str]:
    """Read a release page or the board: the states of services, what stages run, summaries, the newest entry."""
    return dict(_marks(page)) | _newest_entry(page) | _open_releases(page)


def _marks(page: Element) -> Iterator[tuple[str, str]]:
    for part in page.descendants():
        name = part.attributes.get("id", "")
        if name == "release-head":
            yield name, part.attributes["data-lock-version"]
        elif _STEP.fullmatch(name):
            yield name, part.attributes["data-state"]
        elif _STAGE.fullmatch(name):
            yield name, _with_class(part, "version")
        elif _CELL.fullmatch(name):
            yield name, f"{part.attributes['data-state']} {_with_class(part, 'version')}".strip()
        elif _SUMMARY.fullmatch(name):
            yield name, _with_class(part, "num")


def _with_class(part: Element, name: str) -> str:
    """Return the words of the first element of a class, nothing where there is none."""
    found = (each.text for each in part.descendants() if name in each.attributes.get("class", "").split())
    return next(found, "")


def _newest_entry(page: Element) -> dict[str, str]:
    feed = [part for part in page.descendants() if part.attributes.get("id") == "release-feed"]
    if not feed:
        return {}
    names = (part.attributes.get("id", "") for part in feed[0].descendants())
    numbers = [int(found[1]) for name in names if (found := _ENTRY.fullmatch(name))]
    return {"release-feed": str(max(numbers)) if numbers else NO_ENTRY}


def _open_releases(page: Element) -> dict[str, str]:
    sections = [part for part in page.descendants() if part.attributes.get("id") == "board-open"]
    if not sections:
        return {}
    links = [part for part in sections[0].descendants() if "open-link" in part.attributes.get("class", "").split()]
    return {"board-open": " ".join(sorted(_with_class(link, "version") for link in links))}
