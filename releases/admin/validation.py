"""How stages are validated, and what was found."""

from __future__ import annotations

from django import forms
from django.contrib import admin

from releases.admin.read_only import ReadOnlyAdmin
from releases.admin.versioned import VersionedAdmin
from releases.domain.validation_scenarios import DEFINITIONS
from releases.models import ValidationResult, ValidationRun, ValidationTarget


class _TargetForm(forms.ModelForm):  # type: ignore[type-arg] # Django knows no arguments
    required = forms.MultipleChoiceField(
        choices=[(scenario.value, definition.name) for scenario, definition in DEFINITIONS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What must have passed for the whole to pass; what did not run has not.",
    )


@admin.register(ValidationTarget)
class ValidationTargetAdmin(VersionedAdmin[ValidationTarget]):
    form = _TargetForm
    list_display = ("stage", "catalog", "orders", "run_after_promotion", "requests", "slower_percent")
    list_select_related = ("stage", "catalog", "orders")
    list_filter = ("run_after_promotion",)
    search_fields = ("stage__name",)
    fieldsets = (
        (None, {"fields": ("stage", "run_after_promotion", "required")}),
        ("Where", {"fields": ("catalog", "orders", "addresses", "paths", "fields", "protected")}),
        ("How fast", {"fields": ("requests", "slower_percent", "slack_ms")}),
    )


@admin.register(ValidationRun)
class ValidationRunAdmin(ReadOnlyAdmin[ValidationRun]):
    list_display = ("version", "stage", "state", "message", "requested_by", "requested_at", "finished_at")
    list_select_related = ("stage",)
    list_filter = ("state", "stage")
    search_fields = ("version", "message")
    ordering = ("-pk",)


@admin.register(ValidationResult)
class ValidationResultAdmin(ReadOnlyAdmin[ValidationResult]):
    list_display = ("run", "scenario", "outcome", "message", "measured_ms", "duration_ms")
    list_select_related = ("run__stage",)
    list_filter = ("outcome", "scenario", "run__stage")
    search_fields = ("run__version", "message")
    ordering = ("-pk",)
