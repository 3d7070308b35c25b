"""The groups that people are put into, each with the role that it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat

from releases.admin.versioned import VersionedAdmin
from releases.domain.access import STAGE_ROLES, Role, StageRole, stage_role
from releases.models import Stage

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

admin.site.unregister(Group)


@admin.register(Group)
class GroupsAdmin(VersionedAdmin[Group], GroupAdmin):
    list_display = ("name", "gives")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        names = {f"as_{role.name.lower()}": Concat(Value(StageRole(role, "").name), "name") for role in STAGE_ROLES}
        named = Q(*((name, OuterRef("name")) for name in names), _connector=Q.OR)
        return super().get_queryset(request).annotate(has_stage=Exists(Stage.objects.alias(**names).filter(named)))

    @admin.display(description="gives")
    def gives(self, group: Group) -> str:
        """Say what its people may; a name that means nothing here is easily mistyped."""
        if group.name in set(Role):
            return f"the role {group.name}{' in all stages' if group.name in STAGE_ROLES else ''}"
        named = stage_role(group.name)
        if named is None:
            return "nothing on this board"
        is_there = group.has_stage  # type: ignore[attr-defined] # annotated
        return f"the role {named.role} in {named.stage}" if is_there else f"nothing: there is no stage {named.stage}"
