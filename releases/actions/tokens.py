"""Making API tokens: shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction

from releases.domain.access import ALL_SCOPES, is_known_scope
from releases.domain.errors import InvalidInput, NotFound
from releases.models import ApiToken
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Sequence

MAXIMUM_DAYS = 90


@transaction.atomic(durable=True)
def create_token(*, username: str, scopes: Sequence[str] = (), days: int = 30, name: str = "") -> str:
    """Make a token that may what its user may, narrowed to ``scopes``; the answer is the only copy of its secret."""
    if not 1 <= days <= MAXIMUM_DAYS:
        message = f"A token lives 1 to {MAXIMUM_DAYS} days."
        raise InvalidInput("days", message)
    for scope in scopes:
        if not is_known_scope(scope):
            message = f"{scope} is no scope; use all, read, callback, promote or promote:<stage>."
            raise InvalidInput("scope", message)
    user = User.objects.filter(username=username).first()
    if user is None:
        message = f"There is no user {username}."
        raise NotFound(message)
    key_id = secrets.token_hex(6)
    token = f"rb_{key_id}_{secrets.token_urlsafe(32)}"
    now = database_now()
    ApiToken.objects.create(
        user=user,
        name=name,
        key_id=key_id,
        digest=hashlib.sha256(token.encode()).hexdigest(),
        scopes=list(scopes) or [ALL_SCOPES],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token
