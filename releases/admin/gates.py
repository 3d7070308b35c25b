"""What closes a stage for a while, who has to sign before it, and what was signed and bypassed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from releases.admin.read_only import ReadOnlyAdmin
from releases.admin.resources import ApprovalRuleResource, FreezeResource
from releases.admin.rules import RuleAdmin
from releases.models import ApprovalRule, Bypass, Freeze, SignOff

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Freeze)
class FreezeAdmin(RuleAdmin[Freeze]):
    resource_classes = (FreezeResource,)
    list_display = ("stage", "starts_at", "ends_at", "reason", "in_flight", "declared_by", "lifted_by")
    list_select_related = ("stage",)
    list_filter = ("stage",)
    search_fields = ("stage__name", "reason")
    ordering = ("-starts_at",)

    def save_model(self, request: HttpRequest, obj: Freeze, form: Any, change: Any) -> None:  # noqa: ANN401 (Django's signature)
        obj.declared_by = obj.declared_by or request.user.get_username()
        super().save_model(request, obj, form, change)


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
