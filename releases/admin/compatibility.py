"""The rules that verdicts are made of."""

from __future__ import annotations

import json
import re

from django import forms
from django.contrib import admin

from releases.admin.generic import RowsAdmin
from releases.models import CompatibilityRow, Constraint
from releases.models.compatibility import validate_versions

_SEPARATORS = re.compile(r"[\s,]+")


class VersionsField(forms.Field):
    """Versions in one line, separated by commas or spaces; a JSON list is understood too."""

    widget = forms.TextInput(attrs={"class": "vTextField"})

    def prepare_value(self, value: object) -> object:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: object) -> list[str]:
        return list(dict.fromkeys(_listed(str(value or ""))))

    def validate(self, value: object) -> None:
        super().validate(value)
        validate_versions(value)

    def has_changed(self, initial: object, data: object) -> bool:
        return self.to_python(data) != initial


def _listed(text: str) -> list[str]:
    if text.lstrip().startswith("["):
        try:
            return [str(version) for version in json.loads(text)]
        except ValueError:
            return [text]
    return [part for part in _SEPARATORS.split(text) if part]


class CompatibilityRowForm(forms.ModelForm):  # type: ignore[type-arg] # Django knows no arguments
    approved = VersionsField(help_text="Separated by commas or spaces, for example 1.2.3, 1.2.4.")

    class Meta:
        model = CompatibilityRow
        fields = ("platform_version", "service", "approved")


@admin.register(CompatibilityRow)
class CompatibilityRowAdmin(RowsAdmin[CompatibilityRow]):
    form = CompatibilityRowForm
    list_display = ("platform_version", "service", "approved_versions")
    list_select_related = ("service",)
    list_filter = ("platform_version", "service")
    search_fields = ("platform_version", "service__slug")

    @admin.display(description="approved")
    def approved_versions(self, row: CompatibilityRow) -> str:
        return ", ".join(map(str, row.approved))


@admin.register(Constraint)
class ConstraintAdmin(RowsAdmin[Constraint]):
    list_display = ("consumer", "consumer_range", "provider", "provider_range", "severity", "note")
    list_select_related = ("consumer", "provider")
    list_filter = ("severity", "consumer", "provider")
    search_fields = ("consumer__slug", "provider__slug", "note")
