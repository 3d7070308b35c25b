"""For rows that only actions write."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model

from releases.admin.generic import RowsAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)


class ReadOnlyAdmin(RowsAdmin[Row]):
    """Shows rows without a way to add, change or delete them."""

    show_full_result_count = False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False
