"""Django's own question "has this user that permission?", answered by the one rule for who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.backends import ModelBackend

from releases.domain.access import Permission, why_not
from releases.queries.access import actor_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import Model

    User = AbstractBaseUser | AnonymousUser


class RoleBackend(ModelBackend):
    """Whoever has the role admin may what the admin offers; what Django permits row by row means nothing here."""

    def has_perm(self, user_obj: User, perm: str, obj: Model | None = None) -> bool:  # noqa: ARG002 (Django's signature)
        """Answer for every permission of every model alike."""
        return _may_administer(user_obj)

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:  # noqa: ARG002 (Django's signature)
        """Answer for every app alike."""
        return _may_administer(user_obj)


def _may_administer(user: User) -> bool:
    return not why_not(actor_of(user), Permission.EDIT_RULES)
