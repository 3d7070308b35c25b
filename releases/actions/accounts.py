"""Accounts with a role and who must approve, for commands that set a board up, and whom a provider vouches for."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from releases.actions.groups import keep_groups
from releases.domain.access import Role, StageRole, is_role_group
from releases.models import ApprovalRule, Stage

if TYPE_CHECKING:
    from typing import Any

logger = logging.getLogger(__name__)

# What OpenID Connect allows a subject to be, as far as the table has room.
SUBJECT = re.compile(r"[\x20-\x7e]{1,191}")
LONGEST_NAME = 150
AT_ONCE = "Somebody signed in here for the first time in the same moment. Sign in again."


@transaction.atomic(durable=True)
def ensure_roles() -> None:
    """Create the group of every role, for all stages and for each, so that the admin can put people in."""
    keep_groups()


@transaction.atomic(durable=True)
def ensure_account(*, username: str, password: str, role: Role, stage: str = "") -> bool:
    """Create an account with a role, in one stage or all, and tell whether it is new; one that is there stays."""
    user, is_new = User.objects.get_or_create(username=username)
    if is_new:
        user.set_password(password)
        user.is_staff = user.is_superuser = role is Role.ADMIN
        user.save(update_fields=["password", "is_staff", "is_superuser"])
        group = StageRole(role, stage).name if stage else role.value
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    return is_new


@transaction.atomic(durable=True)
def ensure_approval_rule(*, stage: str, role: Role) -> None:
    """Let a stage ask for one sign-off of a role; a rule that is there stays as it is."""
    ApprovalRule.objects.get_or_create(stage=Stage.objects.get(name=stage), role=role.value, kind="", urgency="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody whom the provider vouches for; it decides their roles unless ``groups`` is None."""

    provider: str
    subject: str
    name: str
    groups: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The account that a visitor may use, or why they may use none."""

    user: User | None = None
    refusal: str = ""


@transaction.atomic(durable=True)
def admit(visitor: Visitor) -> Admission:
    """Find or make a visitor's account and give it exactly the roles that the provider decides.

    An account is found by provider and subject, never by a name or an address: those can be given to somebody else. Who
    is refused for having no role any more loses those of their account all the same, and with them what its tokens may.
    """
    user = _known(visitor)
    if user is not None and not user.is_active:
        return Admission(refusal=f"The account {user.username} is closed here. Ask an administrator of the board.")
    if user is not None and visitor.groups is not None:
        _set_roles(user, visitor.groups)
    if visitor.groups is not None and not visitor.groups:
        return Admission(
            refusal="You are in no group that has a role here. Ask whoever looks after your groups to add you to one."
        )
    return Admission(user=user) if user is not None else _made_account(visitor)


def _known(visitor: Visitor) -> User | None:
    people = _people().filter(provider=visitor.provider, uid=visitor.subject)
    return User.objects.select_for_update().filter(pk__in=people.values("user_id")).first()


def _people() -> Any:  # noqa: ANN401 (an extra's model, whose manager has no type here)
    """Return the rows of whom the provider knows; the extra that has them is installed, or nobody would ask."""
    model: Any = apps.get_app_config("socialaccount").get_model("SocialAccount")
    return model.objects


def _made_account(visitor: Visitor) -> Admission:
    name = User.normalize_username(visitor.name)
    if refusal := _why_no_account(visitor, name):
        return Admission(refusal=AT_ONCE if _known(visitor) else refusal)
    try:
        with transaction.atomic():
            user = User.objects.create_user(name)
            _people().create(provider=visitor.provider, uid=visitor.subject, user=user, extra_data={})
    except IntegrityError:
        return Admission(refusal=AT_ONCE)
    LogEntry.objects.log_actions(user.pk, [user], ADDITION, "Made at the first single sign-on.", single_object=True)
    if visitor.groups is not None:
        _set_roles(user, visitor.groups)
    return Admission(user=user)


def _why_no_account(visitor: Visitor, name: str) -> str:
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError:
        name = ""
    if not name or len(name) > LONGEST_NAME or not SUBJECT.fullmatch(visitor.subject):
        return "The name that you have there cannot be one here. Ask an administrator of the board."
    if User.objects.filter(username__iexact=name).exists():
        return (
            f"Another account here is called {name}. If it is yours, ask an administrator of the board to link it to "
            f"you: the provider knows you as {visitor.subject}."
        )
    return ""


def _set_roles(user: User, wanted: frozenset[str]) -> None:
    """Put somebody into the role groups that there are, and out of all others; other groups are left alone."""
    held = {group.name: group for group in user.groups.all() if is_role_group(group.name)}
    there = {group.name: group for group in Group.objects.filter(name__in=wanted)}
    gained, lost = sorted(there.keys() - held.keys()), sorted(held.keys() - there.keys())
    for missing in sorted(wanted - there.keys()):
        logger.warning("SSO_ROLES gives the role %s, but no group is called so: make it in the admin", missing)
    # A superuser is an admin without any group, so the flags have to go with the group.
    is_admin = Role.ADMIN.value in there
    if not gained and not lost and user.is_superuser == is_admin:
        return
    user.groups.remove(*(held[name] for name in lost))
    user.groups.add(*(there[name] for name in gained))
    user.is_staff = user.is_superuser = is_admin
    user.save(update_fields=["is_staff", "is_superuser"])
    words = f"Roles by single sign-on: gained {', '.join(gained) or 'none'}, lost {', '.join(lost) or 'none'}."
    LogEntry.objects.log_actions(user.pk, [user], CHANGE, words, single_object=True)
    logger.info("%s: %s", user.username, words)
