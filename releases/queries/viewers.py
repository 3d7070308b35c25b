"""Whoever looks at a page, as far as the page can tell: people with the same rights share its pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from releases.domain.access import Permission, Role, why_not
from releases.queries.signoffs import approving_roles

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from releases.domain.access import Actor

# Their buttons differ; without one of them a page looks the same to everybody.
_ACTING = frozenset({Role.MANAGER, Role.ADMIN})


def viewer_of(actor: Actor) -> Actor:
    """Return nobody in particular who may do on a page what this actor may."""
    return replace(_with_roles(actor, _ACTING), name="")


def signer_of(actor: Actor) -> Actor:
    """Return somebody with a name if they may sign anything off, for their sign-offs are shown to them as theirs."""
    signing = frozenset() if why_not(actor, Permission.SIGN) else approving_roles()
    return _with_roles(actor, _ACTING | signing) if actor.roles_in("") & signing else viewer_of(actor)


def _with_roles(actor: Actor, roles: AbstractSet[Role]) -> Actor:
    return replace(
        actor,
        user_id=None,
        roles=actor.roles & roles,
        stage_roles=frozenset(each for each in actor.stage_roles if each.role in roles),
    )
