"""Pages as trees, so that a test can do to one what the browser does with a pushed frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
PUSHED = "hx-swap-oob"
# How a part is swapped, and which entry it was last rendered at: nothing that a viewer sees.
UNSEEN = frozenset({PUSHED, "data-seq"})
# What only a page that somebody asked for has: its tokens, which the script adds to pushed parts.
CARRIED = "data-carried"


@dataclass(slots=True)
class Element:
    """An element with its attributes and, in order, its texts and elements."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def descendants(self) -> Iterator[Element]:
        """Yield every element below this one."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.descendants()

    def find(self, name: str) -> Element:
        """Return the element with this id."""
        found = [element for element in self.descendants() if element.attributes.get("id") == name]
        assert len(found) == 1, f"{len(found)} elements have the id {name}"
        return found[0]

    def first(self, tag: str) -> Element:
        """Return the first element of this tag."""
        return next(element for element in self.descendants() if element.tag == tag)

    @property
    def text(self) -> str:
        """All text below, with single spaces."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join(" ".join(parts).split())

    def shown(self) -> str:
        """Write what a viewer gets of it, one tag or text a line."""
        return "\n".join(self._lines(""))

    def _lines(self, indent: str) -> Iterator[str]:
        attributes = sorted((name, value) for name, value in self.attributes.items() if name not in UNSEEN)
        yield f"{indent}<{self.tag} {' '.join(f'{name}={value!r}' for name, value in attributes)}>"
        for child in self.children:
            if isinstance(child, Element):
                if CARRIED not in child.attributes:
                    yield from child._lines(indent + " ")  # noqa: SLF001 (its own kind)
            elif words := " ".join(child.split()):
                yield f"{indent} {words}"


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        children = self.open[-1].children
        if children and isinstance(children[-1], str):
            children[-1] += data
        else:
            children.append(data)


def parse_html(text: str) -> Element:
    """Return the document; a tag that is not closed, or closed wrongly, fails."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert len(builder.open) == 1, f"<{builder.open[-1].tag}> is not closed"
    return builder.root


def swap(page: Element, frame: str) -> None:
    """Put every pushed part of the frame in the place of the page's element with the same id."""
    for part in list(parse_html(frame).descendants()):
        if PUSHED in part.attributes:
            place = page.find(part.attributes["id"])
            place.tag, place.attributes, place.children = part.tag, part.attributes, part.children


def mark_of(frame: str) -> tuple[int, int] | None:
    """Return from which sequence to which a frame brings a page; None for a sign of life."""
    marks = [part for part in parse_html(frame).descendants() if part.attributes.get("id") == "live-mark"]
    if not marks:
        return None
    return int(marks[0].attributes["data-from"]), int(marks[0].attributes["data-seq"])


def sequence_of(page: Element) -> int:
    """Return up to which journal entry a live page tells."""
    return int(page.find("live-mark").attributes["data-seq"])


def follow(page: Element, frame: str) -> bool:
    """Take a frame as the page's script does: an old one is dropped; True when there is a gap and all is needed."""
    mark = mark_of(frame)
    if mark is None:
        return False
    since, to = mark
    shown = sequence_of(page)
    if since > shown:
        return True
    if to > shown or (since == 0 and to == shown):
        swap(page, frame)
    return False
