"""How a journal is sealed: an entry's seal covers the entry and, through the seal before it, all earlier ones.

``seal(n) = hex(HMAC-SHA256(key, seal(n - 1) || canonical entry n))``, where ``seal(0)`` is ``origin(release)``.
Stored journals depend on every byte of this: what is computed here must never change.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from releases.domain.replay import Line


def sealing_key(secret: str) -> bytes:
    """Derive the key from AUDIT_KEY or SECRET_KEY: the same secret gives the same key under either name."""
    return hmac.new(secret.encode(), b"bookverse journal", hashlib.sha256).digest()


def key_mark(key: bytes) -> str:
    """Return 16 hex digits by which a key is recognised, and from which it cannot be found."""
    return mac_of(key, "which key is this")[:16]


def mac_of(key: bytes, *parts: str) -> str:
    """Return what nobody can compute for a text without the key: 64 hex digits."""
    return hmac.new(key, "".join(parts).encode(), hashlib.sha256).hexdigest()


def is_mac(mac: str, *parts: str, keys: Iterable[bytes]) -> bool:
    """Tell whether one of the keys made it."""
    return any(hmac.compare_digest(mac_of(key, *parts), mac) for key in keys)


def origin(release_id: int) -> str:
    """Return what a release's first entry is chained to, so that a whole journal cannot pass for another release's."""
    return f"journal of release {release_id}"


def canonical(*, release_id: int, line: Line, sequence: int) -> str:
    """Write an entry so that both databases give back the same text: ASCII, keys sorted, UTC to the microsecond.

    ``TypeError`` or ``ValueError`` for a payload that is no JSON.
    """
    return _compact(
        {
            "release": release_id,
            "sequence": sequence,
            "at": _instant(line.at),
            "kind": line.kind,
            "actor": line.actor,
            "service": line.service,
            "payload": json.loads(json.dumps(line.payload, allow_nan=False), parse_float=_number),
        }
    )


def seal_of(*, release_id: int, line: Line, previous: str, key: bytes) -> str:
    """Seal an entry; ``previous`` is the seal before it, ``origin`` for the first."""
    return mac_of(key, previous, canonical(release_id=release_id, line=line, sequence=line.sequence))


def _compact(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _number(text: str) -> int | float:
    """PostgreSQL keeps numbers as decimals: 1e+22 comes back as an integer, and -0.0 without its sign."""
    value = float(text)
    return int(Decimal(text)) if value.is_integer() else value
