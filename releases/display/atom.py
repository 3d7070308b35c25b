"""The feed of released versions in Atom's form (RFC 4287)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from html import escape
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One entry; ``id`` never changes and is unique in the world, ``html`` is what is safe to show.

    ``at`` is when it came, ``updated_at`` when what it says changed last.
    """

    id: str
    url: str
    title: str
    html: str
    author: str
    at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """``id`` and ``url`` are those of the feed itself, ``page`` what it is about; ``at`` is when nothing was in it."""

    id: str
    url: str
    page: str
    title: str
    at: datetime
    entries: Sequence[FeedEntry]


def atom(feed: Feed) -> bytes:
    """Write the feed; what XML cannot say is left out of its texts."""
    root = Element("feed", xmlns=ATOM)
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", _moment(max((entry.updated_at for entry in feed.entries), default=feed.at)))
    SubElement(root, "link", rel="self", type="application/atom+xml", href=feed.url)
    SubElement(root, "link", rel="alternate", type="text/html", href=feed.page)
    for entry in feed.entries:
        _entry(root, entry)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def listed(texts: Sequence[str]) -> str:
    """Return plain texts as a list of HTML, nothing for none."""
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>\n" if texts else ""


def _entry(root: Element, entry: FeedEntry) -> None:
    element = SubElement(root, "entry")
    _text(element, "id", entry.id)
    _text(element, "title", entry.title)
    _text(element, "updated", _moment(entry.updated_at))
    _text(element, "published", _moment(entry.at))
    SubElement(element, "link", rel="alternate", type="text/html", href=entry.url)
    _text(SubElement(element, "author"), "name", entry.author)
    _text(element, "content", entry.html).set("type", "html")


def _text(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = "".join(filter(_is_allowed, text))
    return element


def _is_allowed(character: str) -> bool:
    """XML 1.0 knows no other control characters, no lone surrogates, and not the two that are no characters."""
    return (
        character in "\t\n\r"
        or (character >= " " and not "\ud800" <= character <= "\udfff" and character < "\ufffe")
        or character > "\uffff"
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
