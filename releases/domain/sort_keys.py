"""Versions as bytes that sort as precedence does, so that a database can sort and index them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from releases.domain.versions import Version

END, NUMBER, WORD, RELEASE = b"\x00", b"\x01", b"\x02", b"\xff"


def sort_key(version: Version) -> bytes:
    """Encode the precedence: equal for versions that differ in their build alone, whatever the length of a number."""
    core = b"".join(map(_number, version.core))
    if not version.is_prerelease:
        return core + RELEASE
    return core + b"".join(map(_identifier, version.prerelease)) + END


def sort_key_of(raw: str) -> bytes:
    """Return the key of a string, empty when it is no version, so that it sorts below every version."""
    try:
        return sort_key(parse(raw))
    except InvalidVersion:
        return b""


def _number(number: int) -> bytes:
    """Write how many digits there are, then the digits: at most 128, for a version is no longer."""
    digits = str(number).encode("ascii")
    return bytes([len(digits)]) + digits


def _identifier(identifier: int | str) -> bytes:
    if isinstance(identifier, int):
        return NUMBER + _number(identifier)
    return WORD + identifier.encode("ascii") + END
