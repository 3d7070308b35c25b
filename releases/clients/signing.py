"""Tokens and secrets, derived so that anybody can repeat a send that crashed half-way; signatures of what we post."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

# Standard Webhooks: how old or how far ahead a signed message may be, and how many signatures while a secret changes.
TOLERANCE_S = 300
MOST_SIGNATURES = 8
LONGEST_ID, LONGEST_TIMESTAMP = 128, 12


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


def service_secret(*, signing_key: bytes, service_id: int, generation: int) -> bytes:
    """Return what a service signs its callbacks with; another generation has another secret."""
    return hmac.new(signing_key, f"service:{service_id}:{generation}".encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """A message as it came in: the three headers of Standard Webhooks, whatever they say, and the very bytes."""

    message_id: str
    timestamp: str
    signatures: str
    body: bytes


def is_signed(message: SignedMessage, *, secret: bytes, now: float) -> bool:
    """Tell whether one of the signatures is right and the message at most five minutes off; nothing here raises."""
    number, moment = message.message_id, message.timestamp
    if not (0 < len(number) <= LONGEST_ID and number.isascii()):
        return False
    if not (moment.isascii() and moment.isdigit() and len(moment) <= LONGEST_TIMESTAMP):
        return False
    timestamp = int(moment)
    right = webhook_signature(secret=secret, message_id=number, timestamp=timestamp, body=message.body).encode()
    given = [text.encode(errors="replace") for text in message.signatures.split(" ")[:MOST_SIGNATURES]]
    # Each is compared, and in constant time, so that the time taken tells nothing of how much was right.
    matches = [hmac.compare_digest(right, signature) for signature in given]
    return any(matches) and abs(now - timestamp) <= TOLERANCE_S


def calendar_secret(*, signing_key: bytes, user_id: int, generation: int) -> str:
    """Return what lets a calendar read a person's feed; another generation has another secret."""
    return hmac.new(signing_key, f"calendar:{user_id}:{generation}".encode(), hashlib.sha256).hexdigest()[:40]
