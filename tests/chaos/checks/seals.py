"""The chain of seals as an auditor would compute it who has the key and the rows, but none of the board's code."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.chaos.rows import EntryRow, ReleaseRow

LABEL = b"bookverse journal"


def sealing_keys(environment: Mapping[str, str]) -> tuple[bytes, ...]:
    """Derive the keys from what the board's processes were given: any of them may have sealed an entry."""
    named = environment.get("AUDIT_KEY") or environment.get("SECRET_KEY", "")
    secrets = named.split(",") if environment.get("AUDIT_KEY") else [named]
    return tuple(hmac.new(secret.strip().encode(), LABEL, hashlib.sha256).digest() for secret in secrets)


def broken_chain(release: ReleaseRow, entries: Sequence[EntryRow], keys: Sequence[bytes]) -> Iterator[str]:
    """Name the first entry whose seal does not follow from it and from the seal before."""
    seal = first_seal(release.id)
    for entry in entries:
        if entry.seal not in {seal_of(entry, previous=seal, key=key) for key in keys}:
            yield f"entry {entry.sequence} of {release.version} ({entry.kind}) does not bear the seal that it should."
            return
        seal = entry.seal
    if entries and release.seal != seal:
        yield f"{release.version} keeps another seal than its last entry, number {entries[-1].sequence}."


def first_seal(release_id: int) -> str:
    """Return what a journal's first entry is chained to."""
    return f"journal of release {release_id}"


def seal_of(entry: EntryRow, *, previous: str, key: bytes) -> str:
    """Seal an entry as it is read."""
    return hmac.new(key, (previous + _text(entry)).encode(), hashlib.sha256).hexdigest()


def _text(entry: EntryRow) -> str:
    document = {
        "release": entry.release_id,
        "sequence": entry.sequence,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": entry.kind,
        "actor": entry.actor,
        "service": entry.service,
        "payload": _plain(entry.payload),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> object:
    """Whole numbers are sealed as such, however they are written."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
