"""Rules in files: read whole or not at all, checked row by row, and safe to open in a spreadsheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.utils.html import conditional_escape, format_html
from import_export.fields import Field
from import_export.formats.base_formats import CSV, JSON
from import_export.forms import ImportForm
from import_export.instance_loaders import ModelInstanceLoader
from import_export.resources import Diff, ModelResource
from import_export.tmp_storages import BaseStorage
from import_export.widgets import ForeignKeyWidget, Widget

from releases.admin.rule_forms import listed_versions
from releases.models import Service, Stage
from releases.queries.catalog import slugs_by_alias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model

_FORMULA = re.compile(r"^[=+\-@\t\r\n']")
# A file of rules is read whole, previewed whole and carried in the form that confirms it.
MOST_BYTES, MOST_ROWS = 1024 * 1024, 5_000
_ONE_HOUR_S = 3600


class PlainCsv(CSV):  # type: ignore[misc] # the library ships no types
    """Marks a cell that a spreadsheet would calculate with an apostrophe, and takes that away again on the way in."""

    def export_data(self, dataset: Any, **options: Any) -> Any:  # noqa: ANN401 (the library's signature)
        for _ in range(len(dataset)):
            dataset.rpush([_marked(cell) for cell in dataset.lpop()])
        return super().export_data(dataset, **options)

    def create_dataset(self, in_stream: Any, **options: Any) -> Any:  # noqa: ANN401 (the library's signature)
        dataset = super().create_dataset(in_stream, **options)
        for _ in range(len(dataset)):
            dataset.rpush([_unmarked(cell) for cell in dataset.lpop()])
        return dataset


def _marked(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _unmarked(cell: object) -> object:
    is_marked = isinstance(cell, str) and cell.startswith("'") and _FORMULA.match(cell[1:])
    return str(cell)[1:] if is_marked else cell


FORMATS = (PlainCsv, JSON)


class LimitedImport(ImportForm):  # type: ignore[misc] # the library ships no types
    """Refuses a file before it is read."""

    def clean_import_file(self) -> Any:  # noqa: ANN401 (the library's signature)
        file = self.cleaned_data["import_file"]
        if file.size > MOST_BYTES:
            message = f"A file has at most 1 MiB; this one has {file.size:,} bytes."
            raise ValidationError(message)
        return file


class InTheForm(BaseStorage):  # type: ignore[misc] # the library ships no types
    """Keeps an uploaded file in the page that asks for confirmation, signed: any process can go on from there."""

    def save(self, data: bytes) -> None:
        self.name = signing.dumps(data.decode("latin-1"), salt=__name__, compress=True)

    def read(self) -> str:
        try:
            kept: str = signing.loads(self.name, salt=__name__, max_age=_ONE_HOUR_S)
        except signing.BadSignature as failure:
            message = "The uploaded file did not come back as it was sent, or too late."
            raise SuspiciousOperation(message) from failure
        return kept.encode("latin-1").decode(self.encoding or "utf-8")

    def remove(self) -> None:
        """Nothing is left anywhere."""


class ServiceWidget(ForeignKeyWidget):  # type: ignore[misc] # the library ships no types
    """A service by its slug; an alias is understood too."""

    def __init__(self) -> None:
        super().__init__(Service, "slug")

    def clean(self, value: Any, _row: object = None, **_options: object) -> Service | None:  # noqa: ANN401
        name = str(value or "").strip()
        found = Service.objects.filter(slug=slugs_by_alias().get(name, name)).first()
        if name and found is None:
            message = f"There is no service “{name}”."
            raise ValueError(message)
        return found


class StageWidget(ForeignKeyWidget):  # type: ignore[misc] # the library ships no types
    """A stage by its name."""

    def __init__(self) -> None:
        super().__init__(Stage, "name")

    def clean(self, value: Any, _row: object = None, **_options: object) -> Stage | None:  # noqa: ANN401
        name = str(value or "").strip()
        found = Stage.objects.filter(name=name).first()
        if name and found is None:
            message = f"There is no stage “{name}”."
            raise ValueError(message)
        return found


class VersionsWidget(Widget):  # type: ignore[misc] # the library ships no types
    """Versions as the form takes them: in one line, or as a list where the file knows lists."""

    def clean(self, value: Any, _row: object = None, **_options: object) -> list[str]:  # noqa: ANN401
        found = map(str, value) if isinstance(value, list) else listed_versions(str(value or ""))
        return list(dict.fromkeys(found))

    def render(self, value: Any, _obj: object = None, **_options: object) -> str:  # noqa: ANN401
        return ", ".join(map(str, value or ()))


def service_field(name: str) -> Field:
    return Field(attribute=name, column_name=name, widget=ServiceWidget())


def stage_field(name: str) -> Field:
    return Field(attribute=name, column_name=name, widget=StageWidget())


class _Loader(ModelInstanceLoader):  # type: ignore[misc] # the library ships no types
    def get_instance(self, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 (the library's signature)
        try:
            return super().get_instance(row)
        except ValueError:
            # Named properly when the row's fields are read one by one.
            return None


class _PlainDiff(Diff):  # type: ignore[misc] # the library ships no types
    """The library's own marks colours into the page, which the board's policy forbids."""

    def as_html(self) -> list[str]:
        return [
            conditional_escape(new) if self.new or old == new else format_html("<del>{}</del> <ins>{}</ins>", old, new)
            for old, new in zip(self.left, self.right, strict=True)
        ]


class RuleResource(ModelResource):  # type: ignore[misc] # the library ships no types
    """A preview saves nothing, not even for a moment; the import itself is one change of the rules."""

    class Meta:
        clean_model_instances = True
        instance_loader_class = _Loader
        report_skipped = True
        skip_unchanged = True
        store_instance = True
        use_transactions = False

    @classmethod
    def get_diff_class(cls) -> type[_PlainDiff]:
        return _PlainDiff

    def before_import(self, dataset: Any, **_options: object) -> None:  # noqa: ANN401 (the library's signature)
        if len(dataset) > MOST_ROWS:
            message = f"A file has at most {MOST_ROWS:,} rows; this one has {len(dataset):,}."
            raise ValidationError(message)
        if "id" in self.fields and dataset.headers and "id" not in dataset.headers:
            dataset.append_col([""] * len(dataset), header="id")

    def after_init_instance(self, instance: Any, new: Any, row: Any, **_options: Any) -> None:  # noqa: ANN401, ARG002
        if new and str(row.get("id") or "").strip():
            named = self._meta.model._meta.verbose_name
            raise ValidationError({"id": f"There is no {named} {row['id']}; leave the id empty to add one."})

    def save_instance(self, instance: Model, is_create: Any, row: Any, **options: Any) -> None:  # noqa: ANN401
        if not options.get("dry_run"):
            super().save_instance(instance, is_create, row, **options)
