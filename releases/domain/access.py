"""Who may do what: the one answer that pages, API, sockets and actions share."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from releases.domain.errors import PermissionRefused

ALL_SCOPES = "all"
READ_SCOPE = "read"
PROMOTE_SCOPE = "promote"


class Role(StrEnum):
    """The names of the Django groups that mean something here."""

    VIEWER = "viewer"
    MANAGER = "release manager"
    APPROVER = "approver"
    ADMIN = "admin"


class Permission(StrEnum):
    """What can be permitted."""

    VIEW = "view"
    COLLECT = "collect"
    REGISTER = "register"
    PLAN = "plan"
    PROMOTE = "promote"
    OPERATE = "operate"


_ROLES: dict[Permission, frozenset[Role]] = {
    Permission.VIEW: frozenset(Role),
    Permission.COLLECT: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.REGISTER: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.PLAN: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.PROMOTE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.OPERATE: frozenset({Role.MANAGER, Role.ADMIN}),
}
_WORDS: dict[Permission, str] = {
    Permission.VIEW: "look at the board",
    Permission.COLLECT: "collect versions",
    Permission.REGISTER: "register versions",
    Permission.PLAN: "plan a release",
    Permission.PROMOTE: "promote a release",
    Permission.OPERATE: "steer a promotion",
}
_STAGED = frozenset({Permission.PROMOTE, Permission.OPERATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acts: a signed-in person, or a token, which never may more than its person and its scopes."""

    user_id: int | None
    name: str
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] = field(default_factory=lambda: frozenset({ALL_SCOPES}))

    @property
    def person_id(self) -> int:
        """The account behind the act; the board itself has none, and so may not do what somebody must answer for."""
        if self.user_id is None:
            message = "Only a person can do this."
            raise PermissionRefused(message)
        return self.user_id


SYSTEM = Actor(user_id=None, name="board")


def why_not(actor: Actor, permission: Permission, stage: str = "") -> str:
    """Return '' when the actor may, else a sentence that names what is missing."""
    if not actor.roles & _ROLES[permission]:
        needed = " or ".join(sorted(role.value for role in _ROLES[permission] - {Role.ADMIN}))
        return f"To {_WORDS[permission]} you need the role {needed}."
    if not _in_scope(actor.scopes, permission, stage):
        return f"This token's scopes do not let it {_WORDS[permission]}{f' in {stage}' if stage else ''}."
    return ""


def _in_scope(scopes: frozenset[str], permission: Permission, stage: str) -> bool:
    if ALL_SCOPES in scopes:
        return True
    if permission is Permission.VIEW:
        return bool(scopes)
    if permission in _STAGED and stage:
        return bool({PROMOTE_SCOPE, f"{PROMOTE_SCOPE}:{stage}"} & scopes)
    return any(scope.split(":")[0] == PROMOTE_SCOPE for scope in scopes)


def require(actor: Actor, permission: Permission, stage: str = "") -> None:
    """Raise ``PermissionRefused`` unless the actor may."""
    if refusal := why_not(actor, permission, stage):
        raise PermissionRefused(refusal)


def is_known_scope(scope: str) -> bool:
    """Accept ``all``, ``read``, ``callback``, ``promote`` and ``promote:<stage>``."""
    return scope in {ALL_SCOPES, READ_SCOPE, "callback", PROMOTE_SCOPE} or (
        scope.startswith(f"{PROMOTE_SCOPE}:") and len(scope) > len(PROMOTE_SCOPE) + 1
    )
