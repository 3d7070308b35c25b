"""What somebody saw of an object before they edit or delete it: signed, carried by the form, compared on its return."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import flatten_fieldsets
from django.core import signing
from django.db.models import QuerySet

from releases.queries.changes_of_objects import changes_after, last_record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from django.contrib.admin import ModelAdmin
    from django.db.models import Field, Model
    from django.http import HttpRequest

SEEN = "_seen"
_PRINT_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """``prints`` maps each part to a print of what it held; ``record`` numbers the newest record of a change then."""

    prints: Mapping[str, str]
    record: int

    def signed(self, about: str) -> str:
        """Return it as a form carries it; ``about`` keeps it from being taken for something else."""
        return signing.dumps([dict(self.prints), self.record], salt=f"{__name__}:{about}", compress=True)

    def changed(self, now: Seen) -> list[str]:
        """Return which parts differ, or are gone or new."""
        return [part for part in {**now.prints, **self.prints} if self.prints.get(part) != now.prints.get(part)]


def read_seen(request: HttpRequest, about: str) -> Seen | None:
    """Return what the form says that was seen; None where it says nothing that was signed here."""
    try:
        prints, record = signing.loads(str(request.POST.get(SEEN, "")), salt=f"{__name__}:{about}")
    except signing.BadSignature:
        return None
    return Seen(prints=prints, record=record)


def seen_object(admin: ModelAdmin[Any], request: HttpRequest, pk: object) -> Seen:
    """Return what the form of an object shows for editing, as it is stored now; of one that is gone, nothing."""
    obj: Model | None = QuerySet(admin.model).filter(pk=pk).first()
    record = last_record(admin.model)
    return Seen(prints=_prints(admin, request, obj) if obj else {}, record=record)


def seen_rows(rows: QuerySet[Any]) -> Seen:
    """Return what a list of objects holds now."""
    record = last_record(rows.model)
    return Seen(
        prints={str(row.pk): seen_print(_values(row._meta.concrete_fields, row)) for row in rows}, record=record
    )


def labels_of(model: type[Model], parts: Iterable[str]) -> str:
    """Name parts as the form labels them."""
    labels = {field.name: str(getattr(field, "verbose_name", field.name)) for field in model._meta.get_fields()}
    return ", ".join(labels.get(part, part) for part in parts)


def who_and_when(model: type[Model], pks: Collection[object], record: int) -> str:
    """Say who changed any of these objects after that record, for example ``At 2026-11-22 14:03:05 UTC maria``."""
    changes = changes_after(model, pks, record)
    if not changes:
        return "Somebody"
    people = list(dict.fromkeys(change.by or "the board" for change in changes))
    return f"At {changes[-1].at:%Y-%m-%d %H:%M:%S} UTC {' and '.join(people)}"


def _prints(admin: ModelAdmin[Any], request: HttpRequest, obj: Model) -> dict[str, str]:
    fields = {field.name: field for field in (*obj._meta.concrete_fields, *obj._meta.many_to_many)}
    fixed = set(admin.get_readonly_fields(request, obj))
    shown = [name for name in flatten_fieldsets(admin.get_fieldsets(request, obj)) if name in fields]
    prints = {name: seen_print(_values([fields[name]], obj)) for name in shown if name not in fixed}
    for inline in admin.get_inline_instances(request, obj):
        formset: Any = inline.get_formset(request, obj)
        columns = [field for field in inline.opts.concrete_fields if field.name in formset.form.base_fields]
        rows: QuerySet[Model] = QuerySet(inline.model).filter(**{formset.fk.name: obj}).order_by("pk")
        prints[str(inline.opts.verbose_name_plural)] = seen_print([[row.pk, _values(columns, row)] for row in rows])
    return prints


def _values(fields: Iterable[Field[Any, Any]], obj: Model) -> list[object]:
    return [_plain(field.value_from_object(obj)) for field in fields]


def _plain(value: object) -> object:
    # A relation to many comes as objects, in any order.
    return sorted(str(getattr(each, "pk", each)) for each in value) if isinstance(value, list) else value


def seen_print(values: object) -> str:
    """Return a short print of anything that JSON takes."""
    document = json.dumps(values, default=str, sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()[:_PRINT_DIGITS]
