"""Forms of rules: they look ahead, and ask once before an edit changes what is open or live."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from releases.domain.gates import planning_mistake
from releases.domain.ignores import IGNORABLE, code_mistake, expiry_mistake
from releases.models import CompatibilityRow
from releases.models.compatibility import validate_versions
from releases.queries.impact import impact_of
from releases.queries.rule_edits import Edit

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from releases.domain.impact import Impact

# The digest of the impact that somebody saw.
CONFIRMED = "_impact"
_SEPARATORS = re.compile(r"[\s,]+")


class RuleForm(forms.ModelForm):  # type: ignore[type-arg] # Django knows no arguments
    """``pending`` is the impact that still has to be confirmed."""

    editor: AbstractBaseUser | AnonymousUser
    pending: Impact | None = None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # Django's own hook, which fills and checks the instance
        if not self.errors:
            self._look_ahead()

    def _look_ahead(self) -> None:
        found = impact_of(Edit(saved=[self.instance]))
        if found.effects and self.data.get(CONFIRMED) != found.digest:
            self.pending = found
            self.add_error(None, "Nothing is saved yet: look at what this would change, then save it anyway.")


class VersionsField(forms.Field):
    """Versions in one line, separated by commas or spaces; a JSON list is understood too."""

    widget = forms.TextInput(attrs={"class": "vTextField"})

    def prepare_value(self, value: object) -> object:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: object) -> list[str]:
        return list(dict.fromkeys(listed_versions(str(value or ""))))

    def validate(self, value: object) -> None:
        super().validate(value)
        validate_versions(value)

    def has_changed(self, initial: object, data: object) -> bool:
        return self.to_python(data) != initial


def listed_versions(text: str) -> list[str]:
    """Return the versions that a line of text names, valid or not."""
    if text.lstrip().startswith("["):
        try:
            return [str(version) for version in json.loads(text)]
        except ValueError:
            return [text]
    return [part for part in _SEPARATORS.split(text) if part]


class CompatibilityRowForm(RuleForm):
    approved = VersionsField(help_text="Separated by commas or spaces, for example 1.2.3, 1.2.4.")

    class Meta:
        model = CompatibilityRow
        fields = ("platform_version", "service", "approved", "expires_on", "note")


class IgnoreForm(RuleForm):
    code = forms.CharField(
        max_length=64,
        help_text="The reason's code, for example range-broken.",
        widget=forms.Select(choices=[("", "---------"), *((code, code) for code in sorted(IGNORABLE))]),
    )

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if mistake := code_mistake(code):
            raise forms.ValidationError(mistake)
        return code

    def clean_expires_at(self) -> Any:  # noqa: ANN401 (whatever Django made of it)
        expires_at = self.cleaned_data["expires_at"]
        if mistake := expiry_mistake(expires_at, timezone.now()):
            raise forms.ValidationError(mistake)
        return expires_at

    def _post_clean(self) -> None:
        # Who decided it is part of what the verdict says.
        if self.instance.pk is None:
            self.instance.created_by, self.instance.created_at = self.editor, timezone.now()
        super()._post_clean()


class FreezeForm(RuleForm):
    def clean_starts_at(self) -> Any:  # noqa: ANN401 (whatever Django made of it)
        starts_at = self.cleaned_data["starts_at"]
        if mistake := planning_mistake(starts_at, timezone.now()):
            raise forms.ValidationError(mistake)
        return starts_at
