"""Keeps what is as good as a password unreadable in the database; ``env:NAME`` keeps it out of there altogether."""

from __future__ import annotations

import hashlib
import os
import re
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

if TYPE_CHECKING:
    from collections.abc import Sequence

_REFERENCE = re.compile(r"env:([A-Z][A-Z0-9_]*)")


class Unreadable(Exception):
    """The secret cannot be had; the message says why, and never holds any of it."""


def seal(secret: str, keys: Sequence[str]) -> str:
    """Encrypt with the first key; a reference is no secret and stays as it is."""
    return secret if _REFERENCE.fullmatch(secret) else _box(keys).encrypt(secret.encode()).decode()


def unseal(sealed: str, keys: Sequence[str]) -> str:
    """Decrypt with whichever key fits, or follow the reference; ``Unreadable`` without success."""
    if reference := _REFERENCE.fullmatch(sealed):
        if value := os.environ.get(reference[1], ""):
            return value
        raise Unreadable(f"The environment variable {reference[1]} is not set here.")
    try:
        return _box(keys).decrypt(sealed.encode()).decode()
    except InvalidToken as failure:
        raise Unreadable("It was stored with a key that is gone; enter the address again.") from failure


def _box(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(hashlib.sha256(f"vault:{key}".encode()).digest())) for key in keys])
