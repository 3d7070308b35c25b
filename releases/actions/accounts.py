"""Accounts with a role and who must approve, for commands that set a board up."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.db import transaction

from releases.domain.access import Role
from releases.models import ApprovalRule, Stage


@transaction.atomic(durable=True)
def ensure_roles() -> None:
    """Create the group of every role, so that the admin can put people in."""
    for role in Role:
        Group.objects.get_or_create(name=role.value)


@transaction.atomic(durable=True)
def ensure_account(*, username: str, password: str, role: Role) -> bool:
    """Create an account with a role and tell whether it is new; an existing one keeps its password."""
    user, is_new = User.objects.get_or_create(username=username)
    if is_new:
        user.set_password(password)
        user.is_staff = user.is_superuser = role is Role.ADMIN
        user.save(update_fields=["password", "is_staff", "is_superuser"])
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    return is_new


@transaction.atomic(durable=True)
def ensure_approval_rule(*, stage: str, role: Role) -> None:
    """Let a stage ask for one sign-off of a role; a rule that is there stays as it is."""
    ApprovalRule.objects.get_or_create(stage=Stage.objects.get(name=stage), role=role.value, kind="", urgency="")
