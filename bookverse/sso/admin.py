"""Who the provider's people are here, in the admin; it comes after allauth's own pages and replaces them."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin

# Settings name the one provider, and neither tokens nor addresses are kept.
admin.site.unregister([EmailAddress, SocialAccount, SocialApp, SocialToken])


@admin.register(SocialAccount)
class SocialAccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # allauth has no types
    """Links an account that is there to somebody whom the provider knows, or takes the link away."""

    list_display = ("user", "provider", "uid", "date_joined")
    fields = ("user", "provider", "uid")
    search_fields = ("user__username", "uid")
    autocomplete_fields = ("user",)
