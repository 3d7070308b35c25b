"""API tokens: who has which, and taking one back. People make theirs on a page, or by ``manage.py create_token``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from releases.admin.generic import RowsAdmin
from releases.models import ApiToken

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(ApiToken)
class ApiTokenAdmin(RowsAdmin[ApiToken]):
    """Deleting a token revokes it; nothing shows its digest."""

    list_display = ("key_id", "user", "name", "scopes", "created_at", "expires_at")
    list_select_related = ("user",)
    list_filter = ("user",)
    search_fields = ("key_id", "name", "user__username")
    exclude = ("digest",)
    ordering = ("-pk",)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False
