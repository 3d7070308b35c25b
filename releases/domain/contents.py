"""What AppTrust says is in a version: its sources and its releasables, read page by page and kept in one order."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from releases.domain.documents import Document

# As many as AppTrust hands out at once.
PAGE = 250
MOST_ITEMS = 5_000
# NUL as JSON writes it, but not a backslash that is followed by these letters.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class ContentUnclear(ValueError):
    """What AppTrust answered is no whole list; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Both lists, whole and in their kept order; an empty one means that AppTrust says there is none."""

    sources: Sequence[Document]
    releasables: Sequence[Document]


class ContentPages:
    """Puts the pages of one version together; which of the two lists AppTrust cuts into pages is not documented."""

    def __init__(self) -> None:
        self._sources: dict[str, Document] = {}
        self._releasables: dict[str, Document] = {}

    def add(self, answer: Mapping[str, Any]) -> bool:
        """Take one page and tell whether another may follow; ``ContentUnclear`` for what is no page."""
        status = str(answer.get("status") or "COMPLETED").upper()
        if status != "COMPLETED":
            raise ContentUnclear(f"has not completed the version: it is {status[:32]}.")
        more = _grows(self._sources, _sources(answer)), _grows(self._releasables, _releasables(answer))
        if max(len(self._sources), len(self._releasables)) > MOST_ITEMS:
            raise ContentUnclear(f"lists more than {MOST_ITEMS:,} items in it, which is more than the board keeps.")
        return any(more)

    @property
    def content(self) -> Content:
        return Content(sources=_in_order(self._sources), releasables=_in_order(self._releasables))


def ordered(items: Iterable[Any]) -> list[Any]:
    """Return the items in an order of their own, with their keys sorted, so that equal lists are equal texts."""
    return [json.loads(text) for text in sorted(_text(item) for item in items)]


def _sources(answer: Mapping[str, Any]) -> list[Document]:
    # AppTrust makes no version without a source: no list is no answer.
    return _listed(answer.get("sources"), "sources")


def _releasables(answer: Mapping[str, Any]) -> list[Document]:
    if answer.get("releasables") is None and answer.get("releasables_count") == 0:
        return []
    return _listed(answer.get("releasables"), "releasables")


def _listed(items: object, name: str) -> list[Document]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ContentUnclear(f"did not list the version's {name}.")
    return items


def _grows(known: dict[str, Document], page: Sequence[Document]) -> bool:
    """Add what is new and tell whether there may be more: a full page in which something was new."""
    before = len(known)
    known.update((_text(item), item) for item in page)
    return len(page) >= PAGE and len(known) > before


def _in_order(items: Mapping[str, Document]) -> list[Document]:
    return [json.loads(text) for text in sorted(items)]


def _text(item: object) -> str:
    """Return an item as the text that it is compared by; refuse what no database and no file can hold."""
    try:
        text = json.dumps(item, ensure_ascii=False, sort_keys=True, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError) as failure:
        raise ContentUnclear("lists what cannot be stored: half a surrogate pair, or no number.") from failure
    if _NUL.search(text):
        raise ContentUnclear("lists what cannot be stored: NUL in a text.")
    return text
