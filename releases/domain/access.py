"""Who may do what: the one answer that pages, API, sockets and actions share."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.errors import PermissionRefused

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

ALL_SCOPES = "all"
READ_SCOPE = "read"
CALLBACK_SCOPE = "callback"
PROMOTE_SCOPE = "promote"


class Role(StrEnum):
    """The names of the Django groups that mean something here."""

    VIEWER = "viewer"
    MANAGER = "release manager"
    APPROVER = "approver"
    ADMIN = "admin"


STAGE_ROLES = frozenset({Role.MANAGER, Role.APPROVER})
"""The roles that people can also have in one stage only."""


@dataclass(frozen=True, slots=True, order=True)
class StageRole:
    """A role in one stage only; ``name`` is that of the Django group that gives it."""

    role: Role
    stage: str

    @property
    def name(self) -> str:
        return f"{self.role.value}{_IN}{self.stage}"


_IN = ": "


def stage_role(group: str) -> StageRole | None:
    """Read the name of a group; None for one that gives no role in one stage only."""
    name, _, stage = group.partition(_IN)
    role = next((role for role in STAGE_ROLES if role.value == name), None)
    return StageRole(role, stage) if role and stage else None


def is_role_group(name: str) -> bool:
    """Tell whether a Django group of this name gives a role, everywhere or, as in ``approver: PROD``, in one stage."""
    return name in set(Role) or stage_role(name) is not None


class Permission(StrEnum):
    """What can be permitted."""

    VIEW = "view"
    COLLECT = "collect"
    REGISTER = "register"
    PLAN = "plan"
    WRITE_NOTES = "write release notes"
    PROMOTE = "promote"
    OPERATE = "operate"
    PROBE = "probe"
    REDELIVER = "redeliver"
    RUN_TRAINS = "run trains"
    SIGN = "sign off"
    FREEZE = "freeze"
    BYPASS = "bypass gates"
    EDIT_RULES = "edit rules"
    ADMINISTER = "administer"


_ROLES: dict[Permission, frozenset[Role]] = {
    Permission.VIEW: frozenset(Role),
    Permission.COLLECT: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.REGISTER: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.PLAN: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.WRITE_NOTES: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.PROMOTE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.OPERATE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.PROBE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.REDELIVER: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.RUN_TRAINS: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.SIGN: frozenset({Role.APPROVER, Role.MANAGER, Role.ADMIN}),
    Permission.FREEZE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.BYPASS: frozenset({Role.ADMIN}),
    Permission.EDIT_RULES: frozenset({Role.ADMIN}),
    Permission.ADMINISTER: frozenset({Role.ADMIN}),
}
_WORDS: dict[Permission, str] = {
    Permission.VIEW: "look at the board",
    Permission.COLLECT: "collect versions",
    Permission.REGISTER: "register versions",
    Permission.PLAN: "plan a release",
    Permission.WRITE_NOTES: "write release notes",
    Permission.PROMOTE: "promote a release",
    Permission.OPERATE: "steer a promotion",
    Permission.PROBE: "probe services",
    Permission.REDELIVER: "send a message again",
    Permission.RUN_TRAINS: "run trains",
    Permission.SIGN: "sign a release off",
    Permission.FREEZE: "freeze a stage",
    Permission.BYPASS: "bypass a gate",
    Permission.EDIT_RULES: "edit the rules",
    Permission.ADMINISTER: "look after the board",
}
_STAGED = frozenset({Permission.PROMOTE, Permission.OPERATE, Permission.SIGN, Permission.FREEZE})
# A train goes through every stage, so what counts in one of them is not enough.
_EVERYWHERE = frozenset({Permission.RUN_TRAINS})
# A token that was made to promote must not be able to make its own promotion legal.
_NEVER_BY_SCOPE = frozenset(
    {Permission.SIGN, Permission.FREEZE, Permission.BYPASS, Permission.EDIT_RULES, Permission.ADMINISTER}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acts: a signed-in person, or a token, which never may more than its person and its scopes."""

    user_id: int | None
    name: str
    roles: frozenset[Role] = frozenset()
    stage_roles: frozenset[StageRole] = frozenset()
    scopes: frozenset[str] = field(default_factory=lambda: frozenset({ALL_SCOPES}))

    def roles_in(self, stage: str) -> frozenset[Role]:
        """Return the roles that count in a stage; without one, those that count in any."""
        return self.roles | {each.role for each in self.stage_roles if stage in {"", each.stage}}

    @property
    def person_id(self) -> int:
        """The account behind the act; the board itself has none, and so may not do what somebody must answer for."""
        if self.user_id is None:
            message = "Only a person can do this."
            raise PermissionRefused(message)
        return self.user_id


SYSTEM = Actor(user_id=None, name="board")


def why_not(actor: Actor, permission: Permission, stage: str = "") -> str:
    """Return '' when the actor may, else a sentence that names what is missing.

    Without a stage it answers whether they may somewhere, which is enough for what belongs to no stage.
    """
    where = stage if permission in _STAGED else ""
    held = actor.roles if permission in _EVERYWHERE else actor.roles_in(where)
    if not held & _ROLES[permission]:
        return f"To {_words(permission, where)} you need {_needed(permission, where)}."
    if not _in_scope(actor.scopes, permission, where):
        return f"This token's scopes do not let it {_words(permission, where)}."
    return ""


def _words(permission: Permission, stage: str) -> str:
    if stage and permission is Permission.FREEZE:
        return f"freeze {stage}"
    return _WORDS[permission] + (f" in {stage}" if stage else "")


def _needed(permission: Permission, stage: str) -> str:
    roles = _ROLES[permission] - {Role.ADMIN} or {Role.ADMIN}
    role = " or ".join(sorted(role.value for role in roles))
    return f"the role {role}{' for all stages' if permission in _EVERYWHERE else _reach(roles, stage)}"


def role_words(role: Role, stage: str) -> str:
    """Name a role that is needed in a stage, and how far it may reach."""
    return f"the role {role.value}{_reach({role}, stage)}"


def _reach(roles: AbstractSet[Role], stage: str) -> str:
    return f", for all stages or for {stage}" if stage and roles <= STAGE_ROLES else ""


def _in_scope(scopes: frozenset[str], permission: Permission, stage: str) -> bool:
    if ALL_SCOPES in scopes:
        return True
    if permission is Permission.VIEW:
        return any(scope != CALLBACK_SCOPE for scope in scopes)
    if permission in _NEVER_BY_SCOPE:
        return False
    if permission in _EVERYWHERE:
        return PROMOTE_SCOPE in scopes
    if stage:
        return bool({PROMOTE_SCOPE, f"{PROMOTE_SCOPE}:{stage}"} & scopes)
    return any(scope.split(":")[0] == PROMOTE_SCOPE for scope in scopes)


def require(actor: Actor, permission: Permission, stage: str = "") -> None:
    """Raise ``PermissionRefused`` unless the actor may."""
    if refusal := why_not(actor, permission, stage):
        raise PermissionRefused(refusal)


def is_known_scope(scope: str) -> bool:
    """Accept ``all``, ``read``, ``callback``, ``promote`` and ``promote:<stage>``."""
    return scope in {ALL_SCOPES, READ_SCOPE, CALLBACK_SCOPE, PROMOTE_SCOPE} or (
        scope.startswith(f"{PROMOTE_SCOPE}:") and len(scope) > len(PROMOTE_SCOPE) + 1
    )


def scope_words(scope: str) -> str:
    """Say what a scope lets a token do, where its person may do it."""
    words = {
        ALL_SCOPES: "everything that you may",
        READ_SCOPE: "look",
        CALLBACK_SCOPE: "no more than call back",
        PROMOTE_SCOPE: "plan, promote and steer in every stage",
    }
    return words.get(scope) or f"plan, promote and steer in {scope.partition(':')[2]}"
