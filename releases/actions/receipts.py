"""Idempotency keys: the same key with the same body gets the same answer, with another body a refusal."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError

from releases.domain.errors import Conflict
from releases.models import CommandReceipt
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from releases.domain.access import Actor


_REUSED = "This Idempotency-Key already stands for another command; use a new key."


class KeyReused(Conflict):
    """The key already stands for another command."""

    code = "idempotency-key-reused"


def fingerprint(command: str, **body: object) -> str:
    """Return what identifies a command's content."""
    document = json.dumps([command, body], sort_keys=True, default=str)
    return hashlib.sha256(document.encode()).hexdigest()


def recall(*, actor: Actor, key: str, print_: str) -> dict[str, Any] | None:
    """Return the stored answer, None for a new key or none at all; call it under the lock that the command takes."""
    receipt = CommandReceipt.objects.filter(actor=actor.name, key=key).first() if key else None
    if receipt is None:
        return None
    if receipt.fingerprint != print_:
        raise KeyReused(_REUSED)
    result: dict[str, Any] = receipt.result
    return result


def remember(*, actor: Actor, key: str, print_: str, result: dict[str, object]) -> None:
    """Store the answer in the command's own transaction; ``KeyReused`` when another took the key at the same moment.

    Commands that lock different releases do not wait for each other, so that only storing the answer tells.
    """
    if not key:
        return
    try:
        CommandReceipt.objects.create(actor=actor.name, key=key, fingerprint=print_, result=result, at=database_now())
    except IntegrityError as taken:
        raise KeyReused(_REUSED) from taken
