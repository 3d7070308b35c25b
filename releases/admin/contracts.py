"""What services promise each other, and what became of the promises."""

from __future__ import annotations

from django.contrib import admin

from releases.admin.read_only import ReadOnlyAdmin
from releases.admin.resources import BreakingChangeResource, ContractResource, DeploymentContractResource
from releases.admin.rules import RuleAdmin
from releases.models import ApiDocument, BreakingChange, Contract, DeploymentContract, ProbeResult


@admin.register(Contract)
class ContractAdmin(RuleAdmin[Contract]):
    evidence_kind = "contract"
    resource_classes = (ContractResource,)
    list_display = ("consumer", "consumer_range", "provider", "method", "path", "maturity", "stable_since", "built_for")
    list_select_related = ("consumer", "provider")
    list_filter = ("consumer", "provider", "method", "maturity")
    search_fields = ("consumer__slug", "provider__slug", "path", "note")


@admin.register(BreakingChange)
class BreakingChangeAdmin(RuleAdmin[BreakingChange]):
    resource_classes = (BreakingChangeResource,)
    list_display = ("provider", "version", "method", "path", "text")
    list_select_related = ("provider",)
    list_filter = ("provider",)
    search_fields = ("provider__slug", "version", "path", "text")


@admin.register(DeploymentContract)
class DeploymentContractAdmin(RuleAdmin[DeploymentContract]):
    resource_classes = (DeploymentContractResource,)
    list_display = ("consumer", "provider", "probe", "path")
    list_select_related = ("consumer", "provider")
    list_filter = ("consumer", "provider", "probe")
    search_fields = ("consumer__slug", "provider__slug", "path")


@admin.register(ApiDocument)
class ApiDocumentAdmin(ReadOnlyAdmin[ApiDocument]):
    list_display = ("service_version", "sha256", "uploaded_by", "uploaded_at")
    list_select_related = ("service_version__service",)
    list_filter = ("service_version__service",)
    search_fields = ("service_version__version", "service_version__service__slug", "sha256")
    ordering = ("-pk",)


@admin.register(ProbeResult)
class ProbeResultAdmin(ReadOnlyAdmin[ProbeResult]):
    list_display = ("service", "version", "stage", "contract", "outcome", "message", "took_ms", "probed_at")
    list_select_related = ("service", "stage", "contract__consumer", "contract__provider")
    list_filter = ("outcome", "stage", "service")
    search_fields = ("service__slug", "version", "message")
    ordering = ("-pk",)
