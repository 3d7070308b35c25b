"""References inside a document, followed without trusting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from releases.domain.promises import Document

NOTHING: Mapping[str, object] = MappingProxyType({})
# A chain of references that is longer leads nowhere, or round in a circle.
MOST_HOPS = 32
MOST_DIGITS = 9
# What documentation reads and nothing on the wire depends on; so does every keyword that begins with x-.
ANNOTATIONS = frozenset(
    {
        "$comment",
        "deprecated",
        "description",
        "example",
        "examples",
        "externalDocs",
        "operationId",
        "summary",
        "tags",
        "title",
    }
)


class Unreadable(ValueError):
    """A part of a document cannot be followed; the message says why, as a clause without a full stop."""


class TooLarge(Unreadable):
    """Looking further would take too long."""


def is_annotation(keyword: object) -> bool:
    return keyword in ANNOTATIONS or (isinstance(keyword, str) and keyword.startswith("x-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document that references are resolved in; ``knows_nullable`` when it is of the dialect that has the word."""

    root: Mapping[str, object]
    knows_nullable: bool

    def follow(self, node: object) -> object:
        """Resolve a reference within the document; anything else is returned as it is."""
        for _ in range(MOST_HOPS):
            if not isinstance(node, Mapping) or "$ref" not in node:
                return node
            if self.beside(node):
                raise Unreadable("a reference has keywords beside it")
            node = self._named(node["$ref"])
        raise Unreadable("a reference leads round in a circle")

    def target(self, node: Mapping[str, object]) -> object:
        """Resolve a reference whose keywords beside it the caller looks at."""
        return self.follow(self._named(node["$ref"]))

    def beside(self, node: Mapping[str, object]) -> frozenset[str]:
        """Keywords that count beside a reference; where ``nullable`` is known nothing beside one counts."""
        return (
            frozenset() if self.knows_nullable else frozenset(key for key in node if not is_annotation(key)) - {"$ref"}
        )

    def _named(self, reference: object) -> object:
        if not isinstance(reference, str):
            raise Unreadable("a reference is no text")
        if reference != "#" and not reference.startswith("#/"):
            raise Unreadable(f"the reference {reference[:100]} leads out of the document")
        node: object = self.root
        for part in unquote(reference).split("/")[1:]:
            node = _member(node, part.replace("~1", "/").replace("~0", "~"), reference)
        return node


def _member(node: object, name: str, reference: str) -> object:
    if isinstance(node, Mapping) and name in node:
        return node[name]
    if isinstance(node, list) and name.isascii() and name.isdigit() and len(name) < MOST_DIGITS:
        place = int(name)
        if place < len(node):
            return node[place]
    raise Unreadable(f"the reference {reference[:100]} leads nowhere")


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A document as a key: equal to itself alone, and kept alive so that its identity is not given away."""

    document: Document

    def __hash__(self) -> int:
        return id(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and self.document is other.document
