"""The documentation: every page can be found, and no link leads nowhere."""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

import pytest

from tests.quality.sources import ROOT, files_under, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = ["README.md", *files_under("docs/", ending=".md")]
LINK = re.compile(r"\]\(([^()\s]+)\)")
ELSEWHERE = ("https://", "http://", "mailto:")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def prose_of(path: str) -> str:
    """Return the page without its examples, where a sign of the shell may look like a heading."""
    return FENCED.sub("", text_of(path))


def links_of(path: str) -> Iterator[tuple[str, str]]:
    """Yield file and heading that each link of the page leads to; the heading is empty where it names none."""
    for target in LINK.findall(prose_of(path)):
        if not target.startswith(ELSEWHERE):
            file, _, heading = target.partition("#")
            yield (normpath(join(dirname(path), file)) if file else path), heading


def headings_of(path: str) -> set[str]:
    """Return the names by which GitHub reaches the page's headings."""
    titles = re.findall(r"^#+ +(.+?) *$", prose_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def leads_nowhere(file: str, heading: str) -> bool:
    return not (ROOT / file).exists() or (bool(heading) and heading not in headings_of(file))


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    assert [link for link in links_of(page) if leads_nowhere(*link)] == []


def test_every_page_is_linked_from_another() -> None:
    linked = {file for page in PAGES for file, _ in links_of(page) if file != page}

    assert set(PAGES) - linked == {"README.md"}


@pytest.mark.parametrize("link", [("docs/gone.md", ""), ("docs/backup.md", "gone")])
def test_a_page_or_heading_that_is_not_there_is_nowhere(link: tuple[str, str]) -> None:
    assert leads_nowhere(*link)
