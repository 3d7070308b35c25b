"""The feed of released versions as feed readers get it."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from releases.display.atom import ATOM, Feed, FeedEntry, atom

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def feed(*entries: FeedEntry) -> Feed:
    return Feed(id="tag:board,2026:released", url="http://b/f", page="http://b/r", title="B", at=AT, entries=entries)


def entry(text: str) -> FeedEntry:
    later = AT.replace(hour=13)
    return FeedEntry(
        id="tag:board,2026:promotion:7",
        url="http://b/7",
        title="2.2.0",
        html=text,
        author="m",
        at=AT,
        updated_at=later,
    )


def test_an_empty_feed_is_a_feed() -> None:
    root = fromstring(atom(feed()))

    assert [element.tag.removeprefix(f"{{{ATOM}}}") for element in root] == ["id", "title", "updated", "link", "link"]
    assert root.findtext(f"{{{ATOM}}}updated") == "2026-11-28T12:00:00Z"


def test_a_feed_is_as_new_as_its_newest_entry() -> None:
    assert fromstring(atom(feed(entry("x")))).findtext(f"{{{ATOM}}}updated") == "2026-11-28T13:00:00Z"


@given(st.text())
def test_any_text_makes_a_sound_feed(text: str) -> None:
    found = fromstring(atom(feed(entry(text)))).find(f"{{{ATOM}}}entry")

    assert found is not None
    assert found.findtext(f"{{{ATOM}}}id") == "tag:board,2026:promotion:7"
