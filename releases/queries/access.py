"""Who somebody is: people and tokens as actors."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.utils import timezone

from releases.domain.access import ALL_SCOPES, Actor, Role, StageRole, stage_role
from releases.domain.errors import NotFound
from releases.models import ApiToken, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

NOBODY = Actor(user_id=None, name="")
TOKEN_PARTS = 3


def actor_of(user: AbstractBaseUser | AnonymousUser, scopes: Iterable[str] = (ALL_SCOPES,)) -> Actor:
    """Return the actor behind a user; superusers are admins, anybody signed in may at least look."""
    if not isinstance(user, User) or not user.is_active:
        return NOBODY
    groups = set(user.groups.values_list("name", flat=True))
    roles = {role for role in Role if role.value in groups} | {Role.VIEWER}
    if user.is_superuser:
        roles.add(Role.ADMIN)
    return Actor(
        user_id=user.pk,
        name=user.get_username(),
        roles=frozenset(roles),
        stage_roles=_stage_roles(groups),
        scopes=frozenset(scopes),
    )


def _stage_roles(groups: Iterable[str]) -> frozenset[StageRole]:
    """Return the roles that these groups give in stages that there are."""
    named = {role for role in map(stage_role, groups) if role}
    if not named:
        return frozenset()
    stages = set(Stage.objects.values_list("name", flat=True))
    return frozenset(role for role in named if role.stage in stages)


def actor_named(username: str) -> Actor:
    """Return the actor behind an account; ``NotFound`` for a name that nobody has."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound(f"There is no user {username}.")
    return actor_of(user)


def user_and_scopes_of_token(raw: str) -> tuple[User, tuple[str, ...]] | None:
    """Return whose token this is and what it may, or None for anything that is not a valid, unexpired token."""
    parts = raw.split("_", 2)
    if len(parts) != TOKEN_PARTS or parts[0] != "rb":
        return None
    token = ApiToken.objects.select_related("user").filter(key_id=parts[1][:16]).first()
    digest = hashlib.sha256(raw.encode()).hexdigest()
    if token is None or not hmac.compare_digest(digest, token.digest):
        return None
    if token.expires_at <= timezone.now() or not token.user.is_active:
        return None
    return token.user, tuple(token.scopes)
