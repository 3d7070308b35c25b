"""What hotfixes may skip by urgency, the hotfixes, and what they owe."""

from __future__ import annotations

from django import forms
from django.contrib import admin

from releases.admin.read_only import ReadOnlyAdmin
from releases.admin.versioned import VersionedAdmin
from releases.domain.validation_scenarios import DEFINITIONS
from releases.models import Debt, Hotfix, HotfixPolicy, Stage


class _PolicyForm(forms.ModelForm):  # type: ignore[type-arg] # Django knows no arguments
    skips = forms.MultipleChoiceField(
        choices=lambda: [(name, name) for name in Stage.objects.values_list("name", flat=True)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What a hotfix of this urgency does not go through; it becomes debt.",
    )
    scenarios = forms.MultipleChoiceField(
        choices=[(scenario.value, definition.name) for scenario, definition in DEFINITIONS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What must have passed in the stage before the last; what did not run has not.",
    )


@admin.register(HotfixPolicy)
class HotfixPolicyAdmin(VersionedAdmin[HotfixPolicy]):
    form = _PolicyForm
    list_display = ("urgency", "skips", "scenarios", "budget_minutes", "debt_days")
    ordering = ("pk",)


@admin.register(Hotfix)
class HotfixAdmin(ReadOnlyAdmin[Hotfix]):
    list_display = ("release", "urgency", "reason", "live_at")
    list_select_related = ("release",)
    list_filter = ("urgency",)
    search_fields = ("release__version", "reason")
    ordering = ("-pk",)


@admin.register(Debt)
class DebtAdmin(ReadOnlyAdmin[Debt]):
    list_display = ("release", "text", "owner", "due_on", "paid_at", "paid_by")
    list_select_related = ("release", "owner")
    list_filter = ("kind", "cause")
    search_fields = ("release__version", "text", "owner__username")
    ordering = ("-pk",)
