"""The rules that verdicts are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from releases.admin.resources import (
    CompatibilityRowResource,
    ConstraintResource,
    DenialResource,
    IgnoreResource,
    VerifiedFailureResource,
)
from releases.admin.rule_forms import CompatibilityRowForm, IgnoreForm
from releases.admin.rules import RuleAdmin
from releases.models import CompatibilityRow, Constraint, Denial, Ignore, Service, VerifiedFailure
from releases.queries.catalog import slugs_by_alias

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(CompatibilityRow)
class CompatibilityRowAdmin(RuleAdmin[CompatibilityRow]):
    evidence_kind = "row"
    form = CompatibilityRowForm
    resource_classes = (CompatibilityRowResource,)
    list_display = ("platform_version", "service", "approved_versions", "expires_on", "note", "warnings")
    list_select_related = ("service",)
    list_filter = ("platform_version", "service")
    search_fields = ("platform_version", "service__slug", "note")

    @admin.display(description="approved")
    def approved_versions(self, row: CompatibilityRow) -> str:
        return ", ".join(map(str, row.approved))


@admin.register(Constraint)
class ConstraintAdmin(RuleAdmin[Constraint]):
    evidence_kind = "constraint"
    resource_classes = (ConstraintResource,)
    list_display = (
        "id",
        "consumer",
        "consumer_range",
        "provider",
        "provider_range",
        "severity",
        "note",
        "warnings",
    )
    list_display_links = ("id", "consumer")
    list_select_related = ("consumer", "provider")
    list_filter = ("severity", "consumer", "provider")
    search_fields = ("consumer__slug", "provider__slug", "note")


@admin.register(Denial)
class DenialAdmin(RuleAdmin[Denial]):
    evidence_kind = "denial"
    resource_classes = (DenialResource,)
    list_display = ("id", "service", "service_range", "other", "other_range", "reason", "warnings")
    list_display_links = ("id", "service")
    list_select_related = ("service", "other")
    list_filter = ("service", "other")
    search_fields = ("service__slug", "other__slug", "reason")


@admin.register(VerifiedFailure)
class VerifiedFailureAdmin(RuleAdmin[VerifiedFailure]):
    resource_classes = (VerifiedFailureResource,)
    list_display = ("service", "version", "other", "other_version", "stage", "seen_at", "reason")
    list_select_related = ("service", "other", "stage")
    list_filter = ("service", "other", "stage")
    search_fields = ("service__slug", "other__slug", "version", "other_version", "reason")


@admin.register(Ignore)
class IgnoreAdmin(RuleAdmin[Ignore]):
    """A link may fill the form in: ``?code=range-broken&service=web&other=inventory``."""

    form = IgnoreForm
    resource_classes = (IgnoreResource,)
    fields = ("code", "service", "other", "observed", "reason", "expires_at", "created_by", "created_at")
    readonly_fields = ("created_by", "created_at")
    list_display = ("code", "service", "other", "observed", "expires_at", "created_by", "reason")
    list_select_related = ("service", "other", "created_by")
    list_filter = ("code", "service", "created_by")
    search_fields = ("code", "service__slug", "other__slug", "reason")
    ordering = ("-expires_at",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """Take services by slug or alias, as the pages that link here name them."""
        initial = super().get_changeform_initial_data(request)
        aliases = slugs_by_alias()
        for end in initial.keys() & {"service", "other"}:
            name = str(initial[end])
            known = Service.objects.filter(slug=aliases.get(name, name)).values_list("pk", flat=True).first()
            initial[end] = str(known or "")
        return initial
