"""Where people are notified, and in which words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from releases import conf
from releases.admin.inboxes import FollowerForm
from releases.admin.versioned import VersionedAdmin
from releases.clients.channels import ChannelRefused, masked, open_channel
from releases.clients.vault import Unreadable, seal, unseal
from releases.domain.wording import PLACEHOLDERS, why_not_template, worded
from releases.models import Channel, MessageTemplate


class ChannelForm(FollowerForm):
    """Takes an address and never gives it back."""

    address = forms.CharField(
        required=False,
        max_length=1000,
        strip=True,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="An address as apprise writes it (slack://…, mailto://…), or env:NAME for one that an environment "
        "variable holds. It is stored encrypted and shown nowhere; leave it empty to keep the present one.",
    )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if not address:
            if not self.instance.sealed_address:
                raise ValidationError("Enter where to send to.")
            return ""
        sealed = seal(address, conf.vault_keys())
        try:
            open_channel(unseal(sealed, conf.vault_keys()))
        except (ChannelRefused, Unreadable) as refusal:
            raise ValidationError(str(refusal)) from refusal
        return sealed

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if sealed := cleaned.get("address"):
            self.instance.sealed_address = sealed
        return cleaned


@admin.register(Channel)
class ChannelAdmin(VersionedAdmin[Channel]):
    form = ChannelForm
    fields = ("name", "present_address", "address", "events", "stages", "active")
    readonly_fields = ("present_address",)
    list_display = ("name", "present_address", "events", "active")
    list_filter = ("active",)
    search_fields = ("name",)

    @admin.display(description="present address")
    def present_address(self, channel: Channel) -> str:
        return masked(channel.sealed_address) if channel.sealed_address else "none yet"


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg] # Django knows no arguments
    """Refuses placeholders that nothing fills."""

    def clean_title(self) -> str:
        return _checked(self.cleaned_data["title"])

    def clean_text(self) -> str:
        return _checked(self.cleaned_data["text"])


def _checked(template: str) -> str:
    if refusal := why_not_template(template):
        raise ValidationError(refusal)
    return template


@admin.register(MessageTemplate)
class MessageTemplateAdmin(VersionedAdmin[MessageTemplate]):
    form = TemplateForm
    fields = ("kind", "title", "text", "placeholders", "preview")
    readonly_fields = ("placeholders", "preview")
    list_display = ("kind", "title", "text")

    @admin.display(description="placeholders")
    def placeholders(self, _template: MessageTemplate) -> str:
        return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)

    @admin.display(description="preview, as it is stored")
    def preview(self, template: MessageTemplate) -> str:
        note = worded(template.title, template.text, {**PLACEHOLDERS, "event": template.kind or PLACEHOLDERS["event"]})
        return f"{note.title}\n{note.text}"
