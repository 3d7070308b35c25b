"""Whether a caller who was let in before still is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from releases.domain.references import NOTHING, Unreadable
from releases.domain.schema_diff import broke, unclear

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.domain.openapi import Operation
    from releases.domain.sameness import Sameness
    from releases.domain.schema_diff import Change

    # What one way in demands: each scheme, and each scope of it.
    Way = frozenset[tuple[str, str]]

OPEN: Way = frozenset()


def security_changes(sameness: Sameness, before: Operation, after: Operation) -> Iterator[Change]:
    """Yield a break where somebody is shut out who followed the document before."""
    was, now = _ways(before), _ways(after)
    kept = [way for way in was if any(other <= way for other in now)]
    if not kept or (OPEN in was and OPEN not in now):
        yield broke(
            "the caller must now authenticate otherwise" if OPEN not in was else "the caller must authenticate now"
        )
    elif len(kept) < len(was):
        yield unclear("one way to authenticate is gone")
    for name in sorted(_schemes(was) & _schemes(now)):
        if not sameness.holds(_scheme(before, name), _scheme(after, name)):
            yield unclear(f"the security scheme {name[:60]} changed")


def _ways(operation: Operation) -> list[Way]:
    """Return the ways in, of which the caller may choose one."""
    stated = operation.stated("security")
    if stated is None or stated == []:
        return [OPEN]
    if not isinstance(stated, list):
        raise Unreadable("its security cannot be read")
    return [_way(each) for each in stated]


def _way(stated: object) -> Way:
    if not isinstance(stated, Mapping):
        raise Unreadable("its security cannot be read")
    demanded = {(str(name), "") for name in stated}
    for name, scopes in stated.items():
        if not isinstance(scopes, list):
            raise Unreadable("its security cannot be read")
        demanded |= {(str(name), str(scope)) for scope in scopes}
    return frozenset(demanded)


def _schemes(ways: list[Way]) -> set[str]:
    return {name for way in ways for name, _ in way}


def _scheme(operation: Operation, name: str) -> object:
    found: object = operation.source.root
    for part in ("components", "securitySchemes", name):
        found = found.get(part, NOTHING) if isinstance(found, Mapping) else NOTHING
    return found
