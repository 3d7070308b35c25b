"""Who changed an object that people edit, and when: by its own history, else by what the admin noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Max

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import Model, QuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``by`` is empty where no person is known."""

    by: str
    at: datetime


def last_record(model: type[Model]) -> int:
    """Return the number of the newest record about any object of this kind; a later change has a higher one."""
    newest: int | None = _records(model).aggregate(newest=Max("number"))["newest"]
    return newest or 0


def changes_after(model: type[Model], pks: Collection[object], record: int) -> tuple[Change, ...]:
    """Return who changed any of these objects after that record, oldest first."""
    found = _records(model).filter(number__gt=record, about__in=[str(pk) for pk in pks]).order_by("number")
    return tuple(Change(by=by or "", at=at) for by, at in found.values_list("by", "moment"))


def _records(model: type[Model]) -> QuerySet[Any]:
    history = getattr(model, "history", None)
    if history is not None:
        return history.annotate(  # type: ignore[no-any-return] # the library ships no types
            number=F("history_id"),
            about=F(model._meta.pk.attname),
            by=F("history_user__username"),
            moment=F("history_date"),
        )
    notes = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    return notes.annotate(number=F("pk"), about=F("object_id"), by=F("user__username"), moment=F("action_time"))
