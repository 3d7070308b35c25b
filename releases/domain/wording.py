"""What a notification says: a title and a text with ``{placeholders}``, filled with what happened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# What each placeholder stands for, with an example for the preview.
PLACEHOLDERS: dict[str, str] = {
    "sentence": "The promotion to QA is held by inventory",
    "event": "promotion.held",
    "platform": "BookVerse",
    "version": "2.2.0-beta.1",
    "target": "2.2.0",
    "title": "Autumn",
    "stage": "QA",
    "service": "inventory",
    "actor": "maria",
    "reason": "schema mismatch",
    "at": "2026-11-28 10:00 UTC",
    "link": "https://board.example.org/releases/2.2.0-beta.1",
}
DEFAULT_TITLE = "{platform} {version}"
DEFAULT_TEXT = "{sentence}.\n{link}"
TITLE_LIMIT, TEXT_LIMIT = 200, 4000
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A notification ready to send."""

    title: str
    text: str


def worded(title: str, text: str, values: Mapping[str, str]) -> Note:
    """Fill the placeholders once; what a value itself holds is text, and an unknown placeholder stays as it is."""
    return Note(title=_filled(title, values)[:TITLE_LIMIT], text=_filled(text, values)[:TEXT_LIMIT])


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def why_not_template(template: str) -> str:
    """Return what is wrong with a template, empty when every placeholder is known."""
    unknown = [name for name in _PLACEHOLDER.findall(template) if name not in PLACEHOLDERS]
    if not unknown:
        return ""
    return f"Nothing is called {{{unknown[0][:40]}}}; there are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}."
