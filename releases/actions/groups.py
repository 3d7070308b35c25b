"""The groups that give roles: one for each role, and for each stage one for each role that may count in it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group

from releases.domain.access import STAGE_ROLES, Role, StageRole
from releases.models import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.domain.access import Actor


def keep_groups() -> None:
    """Create the groups that are missing, so that the admin can put people in."""
    stages = Stage.objects.values_list("name", flat=True)
    names = [role.value for role in Role] + [StageRole(role, stage).name for stage in stages for role in STAGE_ROLES]
    known = set(Group.objects.filter(name__in=names).values_list("name", flat=True))
    missing = (Group(name=name) for name in sorted(set(names) - known))
    Group.objects.bulk_create(missing, ignore_conflicts=True)


def names_of_stages() -> dict[int, str]:
    """Return what the stages are called now."""
    return dict(Stage.objects.values_list("pk", "name"))


def follow_stages(*, actor: Actor, before: Mapping[int, str]) -> tuple[str, ...]:
    """Let the groups of stages follow what became of them since ``before``; return it in sentences, as it is logged.

    The groups of a stage that is gone go with it: another of that name must not find people in them.
    """
    now = names_of_stages()
    moved = [(name, now.get(number, "")) for number, name in before.items() if now.get(number) != name]
    groups = {group.name: group for group in Group.objects.all()}
    told = [
        _follow(actor, group, StageRole(role, after).name if after else "")
        for name, after in moved
        for role in sorted(STAGE_ROLES)
        if (group := groups.get(StageRole(role, name).name))
    ]
    keep_groups()
    return tuple(told)


def _follow(actor: Actor, group: Group, name: str) -> str:
    count = group.user_set.count()
    people = f"{count} {'person' if count == 1 else 'people'}"
    if name:
        sentence = f"The group “{group.name}” of {people} is called “{name}” now, as its stage is."
        LogEntry.objects.log_actions(actor.person_id, [_rename(group, name)], CHANGE, sentence, single_object=True)
    else:
        sentence = f"The group “{group.name}” of {people} is deleted, as its stage is."
        LogEntry.objects.log_actions(actor.person_id, [group], DELETION, sentence, single_object=True)
        group.delete()
    return sentence


def _rename(group: Group, name: str) -> Group:
    """Rename a group, or bring its people into the one that somebody gave that name already."""
    known = Group.objects.filter(name=name).first()
    if known is None:
        renamed = Group(pk=group.pk, name=name)
        renamed.save(update_fields=["name"])
        return renamed
    known.user_set.add(*group.user_set.all())
    Group.objects.filter(pk=group.pk).delete()
    return known
