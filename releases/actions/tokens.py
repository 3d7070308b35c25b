"""Making API tokens, shown once and stored as a hash, and taking them back."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import User
from django.db import transaction

from releases.actions.receipts import fingerprint, recall, remember
from releases.domain.access import ALL_SCOPES, Permission, is_known_scope, require
from releases.domain.errors import Conflict, InvalidInput, NotFound
from releases.models import ApiToken
from releases.queries.clock import database_now
from releases.queries.tokens import scope_choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.domain.access import Actor

MAXIMUM_DAYS = 90
MAXIMUM_NAME = 100
MOST_TOKENS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedToken:
    """What somebody wants a token of their own for, what it may, and for how many days."""

    name: str
    scopes: tuple[str, ...]
    days: int


@transaction.atomic(durable=True)
def create_token(*, username: str, scopes: Sequence[str] = (), days: int = 30, name: str = "") -> str:
    """Make a token that may what its user may, narrowed to ``scopes``; the answer is the only copy of its secret."""
    _check_days(days)
    for scope in scopes:
        if not is_known_scope(scope):
            message = f"{scope} is no scope; use all, read, callback, promote or promote:<stage>."
            raise InvalidInput("scope", message)
    user = User.objects.filter(username=username).first()
    if user is None:
        message = f"There is no user {username}."
        raise NotFound(message)
    _, secret = _keep(user, WantedToken(name=name, scopes=tuple(scopes) or (ALL_SCOPES,), days=days))
    return secret


@transaction.atomic(durable=True)
def make_own_token(*, actor: Actor, wanted: WantedToken, key: str = "") -> str:
    """Make a token for whoever asks; the answer is the only copy of its secret, so a repeated order is refused.

    Refused, too, without a name or a scope that is offered, and to who has ``MOST_TOKENS``.
    """
    require(actor, Permission.VIEW)
    _check(wanted)
    user = User.objects.select_for_update().get(pk=actor.person_id)
    print_ = fingerprint("make_own_token", wanted=asdict(wanted))
    if recall(actor=actor, key=key, print_=print_) is not None:
        message = "This token was made already, and shown once. If nobody kept it, revoke it and make another."
        raise Conflict(message)
    if user.api_tokens.count() >= MOST_TOKENS:
        message = f"You have {MOST_TOKENS} tokens, which is the most. Revoke one that you do not need any more."
        raise Conflict(message)
    token, secret = _keep(user, wanted)
    LogEntry.objects.log_actions(user.pk, [token], ADDITION, single_object=True)
    remember(actor=actor, key=key, print_=print_, result={"token": token.key_id})
    return secret


@transaction.atomic(durable=True)
def revoke_own_token(*, actor: Actor, key_id: str) -> str:
    """End a token of whoever asks, at once, and return how it is called; nobody finds somebody else's."""
    require(actor, Permission.VIEW)
    token = ApiToken.objects.select_for_update().filter(user=actor.person_id, key_id=key_id).first()
    if token is None:
        message = "You have no such token; it may be revoked already."
        raise NotFound(message)
    LogEntry.objects.log_actions(actor.person_id, [token], DELETION, single_object=True)
    token.delete()
    return str(token)


def _check(wanted: WantedToken) -> None:
    name = wanted.name
    if not name or len(name) > MAXIMUM_NAME or not name.isprintable():
        message = f"Say in 1 to {MAXIMUM_NAME} printable characters what the token is for."
        raise InvalidInput("name", message)
    offered = [choice.scope for choice in scope_choices()]
    if not wanted.scopes or not set(offered).issuperset(wanted.scopes):
        message = f"Choose what the token may: {', '.join(offered[:-1])} or {offered[-1]}."
        raise InvalidInput("scope", message)
    _check_days(wanted.days)


def _check_days(days: int) -> None:
    if not 1 <= days <= MAXIMUM_DAYS:
        message = f"A token lives 1 to {MAXIMUM_DAYS} days."
        raise InvalidInput("days", message)


def _keep(user: User, wanted: WantedToken) -> tuple[ApiToken, str]:
    """Return the token as it is kept, and as it is sent."""
    key_id = secrets.token_hex(6)
    secret = f"rb_{key_id}_{secrets.token_urlsafe(32)}"
    now = database_now()
    token = ApiToken.objects.create(
        user=user,
        name=wanted.name,
        key_id=key_id,
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=list(wanted.scopes),
        created_at=now,
        expires_at=now + timedelta(days=wanted.days),
    )
    return token, secret
