"""Somebody's own API tokens, and what a token may be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.access import ALL_SCOPES, PROMOTE_SCOPE, READ_SCOPE, scope_words
from releases.models import ApiToken, Stage
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeChoice:
    """A scope that a person can give to a token, and what it lets it do."""

    scope: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """A token without its secret, which nobody keeps."""

    key_id: str
    label: str
    name: str
    may: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    is_expired: bool


def scope_choices() -> tuple[ScopeChoice, ...]:
    """Return what is offered, from the least to the most."""
    stages = Stage.objects.order_by("position").values_list("name", flat=True)
    scopes = (READ_SCOPE, *(f"{PROMOTE_SCOPE}:{stage}" for stage in stages), PROMOTE_SCOPE, ALL_SCOPES)
    return tuple(ScopeChoice(scope=scope, words=scope_words(scope)) for scope in scopes)


def own_tokens(person_id: int) -> tuple[TokenView, ...]:
    """Return all of somebody's tokens, the newest first."""
    now = database_now()
    return tuple(
        TokenView(
            key_id=token.key_id,
            label=str(token),
            name=token.name,
            may=tuple(scope_words(scope) for scope in token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            is_expired=token.expires_at <= now,
        )
        for token in ApiToken.objects.filter(user=person_id).order_by("-pk")
    )
