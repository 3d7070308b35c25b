"""Tokens and secrets, derived so that anybody can repeat a send that crashed half-way; signatures of what we post."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
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


def inbox_secret(*, signing_key: bytes, inbox_id: int, generation: int) -> bytes:
    """Return what messages to an inbox are signed with; another generation has another secret."""
    return hmac.new(signing_key, f"inbox:{inbox_id}:{generation}".encode(), hashlib.sha256).digest()


def subscription_secret(*, signing_key: bytes, subscription_id: int, generation: int) -> bytes:
    """Return what webhooks to a subscription are signed with; another generation has another secret."""
    return hmac.new(signing_key, f"webhook:{subscription_id}:{generation}".encode(), hashlib.sha256).digest()


def printed_secret(secret: bytes) -> str:
    """Return a secret as Standard Webhooks hands it to a receiver."""
    return "whsec_" + b64encode(secret).decode()


def webhook_signature(*, secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign a message by Standard Webhooks, version 1."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def calendar_secret(*, signing_key: bytes, user_id: int, generation: int) -> str:
    """Return what lets a calendar read a person's feed; another generation has another secret."""
    return hmac.new(signing_key, f"calendar:{user_id}:{generation}".encode(), hashlib.sha256).hexdigest()[:40]
