"""An OpenAPI document as endpoints that can be found, whatever else it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from releases.domain.promises import Method
from releases.domain.references import NOTHING, Held, Source, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.domain.promises import Document

# Documents are immutable and shared, so that what was read of one is kept for as long as it is asked for.
KEPT_DOCUMENTS = 1024
# More is no description of a service, and every path would be read as often.
MOST_SERVERS = 32

_PARAMETER = re.compile(r"{[^{}/]*}")
_VARIABLE = re.compile(r"{([^{}]*)}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """What a document says about one endpoint, equal to itself alone; ``template`` is its path as written there."""

    source: Source
    template: str
    shared: Mapping[str, object]
    own: Mapping[str, object]

    def stated(self, key: str) -> object:
        """What the operation states, or else the document as a whole; None where neither does."""
        return self.own[key] if key in self.own else self.source.root.get(key)


# A text says why it is not known what answers there.
Endpoints = Mapping[str, Mapping[Method, Operation | str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The endpoints of a document, by normal path and then by method."""

    prefixes: tuple[str, ...]
    endpoints: Endpoints

    def find(self, method: Method, path: str) -> Operation | None:
        """Find the endpoint that answers: a concrete path beats a templated one, and the method must be its own.

        ``path`` may be written with or without the server's prefix. Raises ``Unreadable`` when the document does
        not tell.
        """
        for full in self.spellings(path):
            if (template := self._matching(full)) is not None:
                found = self.endpoints[template].get(method)
                if isinstance(found, str):
                    raise Unreadable(found)
                return found
        return None

    def spellings(self, path: str) -> tuple[str, ...]:
        """Normal forms of a path: as it is written, and below each server."""
        return tuple(dict.fromkeys(normal(prefix + path) for prefix in ("", *self.prefixes)))

    def _matching(self, full: str) -> str | None:
        if full in self.endpoints:
            return full
        return min((each for each in self.endpoints if covers(each, full)), key=_concrete_first, default=None)


def read(document: Document) -> Api:
    """Read a document once; raises ``Unreadable`` when it is no OpenAPI 3 document."""
    found = _read(Held(document))
    if isinstance(found, str):
        raise Unreadable(found)
    return found


@lru_cache(maxsize=KEPT_DOCUMENTS)
def _read(held: Held) -> Api | str:
    root: object = held.document
    stated = root.get("openapi") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(stated, str) or not stated.startswith(("3.0.", "3.1.")):
        return "the document is not OpenAPI 3.0 or 3.1"
    paths = root.get("paths", NOTHING)
    if not isinstance(paths, Mapping):
        return "its paths cannot be read"
    try:
        return _api(Source(root=root, knows_nullable=stated.startswith("3.0.")), paths)
    except Unreadable as error:
        return str(error)


def _api(source: Source, paths: Mapping[object, object]) -> Api:
    endpoints: dict[str, dict[Method, Operation | str]] = {}
    for template, item in paths.items():
        if isinstance(template, str) and template.startswith("/"):
            for prefix, method, operation in _answers(source, template, item):
                endpoints.setdefault(normal(prefix + template), {}).setdefault(method, operation)
    return Api(prefixes=_prefixes(source.root), endpoints=endpoints)


def _answers(source: Source, template: str, item: object) -> Iterator[tuple[str, Method, Operation | str]]:
    """Yield what answers below each server; where that cannot be read every method may, and nobody knows how."""
    try:
        shared = source.follow(item)
    except Unreadable as error:
        shared = str(error)
    if not isinstance(shared, Mapping):
        why = shared if isinstance(shared, str) else f"the path {template[:100]} cannot be read"
        yield from ((prefix, method, why) for prefix in _prefixes(source.root) for method in Method)
        return
    for method in Method:
        if (own := shared.get(method.value.lower())) is not None:
            holders = (own, shared, source.root) if isinstance(own, Mapping) else (shared, source.root)
            yield from ((prefix, method, _operation(source, template, shared, own)) for prefix in _prefixes(*holders))


def _operation(source: Source, template: str, shared: Mapping[str, object], own: object) -> Operation | str:
    if isinstance(own, Mapping):
        return Operation(source=source, template=template, shared=shared, own=own)
    return f"an operation of {template[:100]} cannot be read"


def _prefixes(*holders: Mapping[str, object]) -> tuple[str, ...]:
    """Path of each server that the first holder with servers names; one empty prefix when none does."""
    servers = next((each for holder in holders if isinstance(each := holder.get("servers"), list) and each), [])
    if len(servers) > MOST_SERVERS:
        raise Unreadable(f"the document names more than {MOST_SERVERS} servers")
    return tuple(dict.fromkeys(map(_prefix, servers))) or ("",)


def _prefix(server: object) -> str:
    if not isinstance(server, Mapping) or not isinstance(url := server.get("url"), str):
        return ""
    variables = server.get("variables")
    known = variables if isinstance(variables, Mapping) else NOTHING
    try:
        path = urlsplit(_VARIABLE.sub(lambda found: _default(known.get(found[1]), found[0]), url)).path
    except ValueError:
        return ""
    return f"/{path.strip('/')}".rstrip("/")


def _default(variable: object, otherwise: str) -> str:
    default = variable.get("default") if isinstance(variable, Mapping) else None
    return default if isinstance(default, str) else otherwise


def normal(path: str) -> str:
    """Return the path without the names of its parameters, for they do not tell endpoints apart."""
    return _PARAMETER.sub("{}", path)


def covers(template: str, path: str) -> bool:
    """Whether every request to ``path`` is one to ``template``; both are normal."""
    ours, theirs = template.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(map(_segment_covers, ours, theirs))


def _segment_covers(segment: str, text: str) -> bool:
    """Match a segment by its fixed pieces, in time that hostile patterns cannot blow up."""
    first, *pieces = segment.split("{}")
    if not pieces:
        return segment == text
    *middle, last = pieces
    place = len(first)
    if not text.startswith(first):
        return False
    for piece in middle:
        found = text.find(piece, place + 1)
        if found < 0:
            return False
        place = found + len(piece)
    return text.endswith(last) and len(text) - len(last) > place


def _concrete_first(template: str) -> tuple[tuple[int, ...], str]:
    return (tuple(segment.count("{}") for segment in template.split("/")), template)
