"""What closes a stage for a while, who has to sign before it, and what was signed and bypassed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from releases.admin.read_only import ReadOnlyAdmin
from releases.admin.resources import ApprovalRuleResource, FreezeResource
from releases.admin.rule_forms import FreezeForm
from releases.admin.rules import RuleAdmin
from releases.domain.gates import planning_mistake
from releases.models import ApprovalRule, Bypass, Freeze, SignOff

if TYPE_CHECKING:
    from django.http import HttpRequest

PLANNED = ("stage", "starts_at", "ends_at", "reason")


@admin.register(Freeze)
class FreezeAdmin(RuleAdmin[Freeze]):
    """Plans freezes. From its beginning on, one is a matter of the board, whose commands tell the releases of it."""

    form = FreezeForm
    readonly_fields = ("in_flight", "declared_by", "lifted_by")
    resource_classes = (FreezeResource,)
    list_display = ("stage", "starts_at", "ends_at", "reason", "in_flight", "declared_by", "lifted_by")
    list_select_related = ("stage",)
    list_filter = ("stage",)
    search_fields = ("stage__name", "reason")
    ordering = ("-starts_at",)

    def get_fieldsets(self, _request: HttpRequest, _obj: Freeze | None = None) -> Any:  # noqa: ANN401 (Django's signature)
        told = format_html(
            "Freezes to come are planned here; what is on its way when one begins may finish. To freeze a stage from"
            " now on, to pause what is on its way or to lift a freeze that is on, go to <a href='{}'>the board</a>:"
            " that is in the journals of the releases that it concerns.",
            reverse("web:board"),
        )
        return [(None, {"description": told, "fields": (*PLANNED, *self.readonly_fields)})]

    def has_change_permission(self, request: HttpRequest, obj: Freeze | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _has_begun(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Freeze | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _has_begun(obj)

    def save_model(self, request: HttpRequest, obj: Freeze, form: Any, change: Any) -> None:  # noqa: ANN401 (Django's signature)
        obj.declared_by = obj.declared_by or request.user.get_username()
        super().save_model(request, obj, form, change)


def _has_begun(freeze: Freeze | None) -> bool:
    return freeze is not None and bool(planning_mistake(freeze.starts_at, timezone.now()))


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(RuleAdmin[ApprovalRule]):
    resource_classes = (ApprovalRuleResource,)
    list_display = ("stage", "role", "count", "kind", "urgency")
    list_select_related = ("stage",)
    list_filter = ("stage", "role", "urgency")
    search_fields = ("stage__name", "role", "kind")


@admin.register(SignOff)
class SignOffAdmin(ReadOnlyAdmin[SignOff]):
    list_display = ("release", "stage", "role", "person", "decision", "reason", "signed_at", "withdrawn_at")
    list_select_related = ("release", "stage", "person")
    list_filter = ("stage", "role", "decision")
    search_fields = ("release__version", "person__username", "reason")
    ordering = ("-pk",)


@admin.register(Bypass)
class BypassAdmin(ReadOnlyAdmin[Bypass]):
    list_display = ("release", "stage", "gate", "granted_by", "granted_at", "expires_at", "ended_by", "reason")
    list_select_related = ("release", "stage")
    list_filter = ("stage", "gate")
    search_fields = ("release__version", "granted_by", "reason")
    ordering = ("-pk",)
