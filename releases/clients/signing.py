"""Callback tokens: derived from the dispatch, so that a send that crashed half-way can be repeated by anybody."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


def callback_token(*, signing_key: bytes, dispatch_key: UUID) -> str:
    """Return the bearer token of one dispatch, the same every time."""
    return hmac.new(signing_key, f"callback:{dispatch_key}".encode(), hashlib.sha256).hexdigest()


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(token: str, stored_hash: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(token_hash(token), stored_hash)
