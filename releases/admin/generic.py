"""Django's admin classes with the model named, as the type checker asks and Django itself does not understand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db.models import Model, URLField
from import_export.admin import ImportExportMixin
from simple_history.admin import SimpleHistoryAdmin

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    RowsAdmin = admin.ModelAdmin
    RowsInline = admin.TabularInline

    class TrackedAdmin(admin.ModelAdmin[Row]):
        """What the two libraries add, as far as it is called or overridden here; neither ships types."""

        def import_action(self, request: HttpRequest) -> HttpResponse: ...
        def process_import(self, request: HttpRequest) -> HttpResponse: ...
        def process_dataset(self, dataset: Any, form: Any, request: HttpRequest) -> Any: ...  # noqa: ANN401
        def choose_import_resource_class(self, form: Any, request: HttpRequest) -> Any: ...  # noqa: ANN401
        def create_confirm_form(self, request: HttpRequest) -> Any: ...  # noqa: ANN401
        def history_form_view(
            self,
            request: HttpRequest,
            object_id: str,
            version_id: str,
            extra_context: Any = None,  # noqa: ANN401
        ) -> HttpResponse: ...
        def create_import_form(self, request: HttpRequest) -> Any: ...  # noqa: ANN401

else:

    class _NamesItsModel:
        formfield_overrides = {URLField: {"assume_scheme": "https"}}

        def __class_getitem__(cls, _models: object) -> type:
            return cls

    class RowsAdmin(_NamesItsModel, admin.ModelAdmin):
        """``RowsAdmin[Model]`` is the class itself."""

    class RowsInline(_NamesItsModel, admin.TabularInline):
        """``RowsInline[Row, Parent]`` is the class itself."""

    class TrackedAdmin(_NamesItsModel, ImportExportMixin, SimpleHistoryAdmin):
        """Keeps who changed what, and takes rows from files and gives them out."""
