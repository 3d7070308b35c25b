"""Django's admin classes with the model named, as the type checker asks and Django itself does not understand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

if TYPE_CHECKING:
    RowsAdmin = admin.ModelAdmin
    RowsInline = admin.TabularInline
else:

    class _NamesItsModel:
        def __class_getitem__(cls, _models: object) -> type:
            return cls

    class RowsAdmin(_NamesItsModel, admin.ModelAdmin):
        """``RowsAdmin[Model]`` is the class itself."""

    class RowsInline(_NamesItsModel, admin.TabularInline):
        """``RowsInline[Row, Parent]`` is the class itself."""
