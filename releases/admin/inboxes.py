"""Where messages may be sent, and what became of those that were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError

from releases.actions.redelivering import redeliver
from releases.admin.read_only import ReadOnlyAdmin
from releases.admin.versioned import VersionedAdmin
from releases.domain.access import Permission, why_not
from releases.domain.errors import ReleaseError
from releases.domain.telling import why_not_patterns
from releases.models import Delivery, Inbox, Stage, Subscription
from releases.queries.access import actor_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Inbox)
class InboxAdmin(VersionedAdmin[Inbox]):
    """Its secret is shown nowhere; ``manage.py inbox_secret`` prints it."""

    list_display = ("name", "url", "generation")
    search_fields = ("name", "url")


class FollowerForm(forms.ModelForm):  # type: ignore[type-arg] # Django knows no arguments
    """Refuses patterns that name no event; stages are chosen, not typed."""

    stages = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Only what concerns these stages; none for all.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["stages"]
        assert isinstance(choices, forms.MultipleChoiceField)  # noqa: S101 (it is declared above)
        choices.choices = [(name, name) for name in Stage.objects.values_list("name", flat=True)]

    def clean_events(self) -> str:
        events: str = self.cleaned_data["events"]
        if refusal := why_not_patterns(events):
            raise ValidationError(refusal)
        return events


@admin.register(Subscription)
class SubscriptionAdmin(VersionedAdmin[Subscription]):
    """Its secret is shown nowhere; ``manage.py webhook_secret`` prints it."""

    form = FollowerForm
    list_display = ("name", "url", "events", "active", "generation")
    list_filter = ("active",)
    search_fields = ("name", "url")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = (
        "message_id",
        "receiver",
        "kind",
        "release",
        "tries",
        "opened_at",
        "delivered_at",
        "gave_up_at",
        "problem",
    )
    list_select_related = ("release", "inbox", "subscription", "channel")
    list_filter = ("inbox", "subscription", "channel", "kind")
    search_fields = (
        "session__correlation_id",
        "inbox__name",
        "subscription__name",
        "channel__name",
        "release__version",
    )
    ordering = ("-pk",)
    actions = ("send_again",)

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return not why_not(actor_of(request.user), Permission.REDELIVER)

    @admin.action(permissions=["redeliver"], description="Send the selected messages again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Send each again, and say why not where it cannot be."""
        person = actor_of(request.user)
        for pk in queryset.values_list("pk", flat=True):
            try:
                redeliver(actor=person, delivery_id=pk)
            except ReleaseError as refusal:
                self.message_user(request, f"No. {pk}: {refusal.message}", messages.WARNING)
            else:
                self.message_user(request, f"No. {pk} is on its way again.")
