"""Filling a database from a backup, so that what was open goes on and what is late is fenced out."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import BinaryField, F, JSONField

from releases.actions.journal_guard import lifted_guard
from releases.actions.sweeping import PULSE
from releases.domain.broken_seals import first_broken_seal
from releases.domain.errors import Conflict, InvalidInput
from releases.domain.lifecycle import OPEN_PROMOTIONS
from releases.models import Promotion, Pulse, Release, Service, Stage
from releases.queries.backups import (
    CHUNK,
    EXTRAS,
    FORMAT,
    app_of,
    applied_migrations,
    columns_of,
    kept_models,
    key_marks,
)
from releases.queries.seals import sealed_journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from django.db.models import Field, Model

    Row = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came back: the moment of the backup in RFC 3339, the number of rows, and what somebody must know of them."""

    at: str
    rows: int
    warnings: tuple[str, ...] = ()


@transaction.atomic(durable=True)
def restore(lines: Iterable[str], *, replace: bool = False, verify: bool = True) -> Restored:
    """Fill the database from a backup's lines, all of it or nothing.

    ``Conflict`` where the database holds a board already and ``replace`` does not allow to drop that;
    ``InvalidInput`` for what is no backup, or one of another version of the board, and for journals that do not fit
    their seals, which without ``verify`` is a warning.
    """
    rest = iter(lines)
    head = _head(next(rest, ""))
    models = {model._meta.label: model for model in kept_models()}
    _refuse_foreign(head, models)
    if verify:
        _refuse_other_key(head)
    _empty(models.values(), replace=replace)
    rows = sum(_store(models[label], group) for label, group in groupby(map(json.loads, rest), key=lambda row: row[0]))
    _reset_numbers(models.values())
    broken = tuple(_broken_seals())
    if broken and verify:
        raise InvalidInput("path", f"The backup is not what the board once wrote. {broken[0]}")
    _fence()
    # The time since the backup was nobody's fault: the next sweeper sees it as the board's absence.
    Pulse.objects.get_or_create(name=PULSE, defaults={"at": head["at"]})
    return Restored(at=head["at"], rows=rows, warnings=(*broken, *_other_callbacks(head)))


def _head(line: str) -> dict[str, Any]:
    try:
        head = json.loads(line)
    except ValueError:
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise InvalidInput("path", f"This is no backup of a board in format {FORMAT}.")
    return head


def _refuse_foreign(head: Mapping[str, Any], models: Mapping[str, type[Model]]) -> None:
    here, there = set(applied_migrations()), set(head["migrations"])
    # An extra that came after the backup begins empty.
    new = EXTRAS.keys() - {app_of(name) for name in there}
    here = {name for name in here if app_of(name) not in new}
    if unknown := sorted(there - here):
        _refuse_missing_extra(unknown[0])
        message = f"The backup was made with migration {unknown[0]}, which this database lacks: run manage.py migrate."
        raise InvalidInput("path", message)
    tables = {
        label: [field.attname for field in columns_of(model)]
        for label, model in models.items()
        if app_of(label) not in new
    }
    if here != there or tables != head["tables"]:
        newer = f" This database has {min(here - there)} besides." if here - there else ""
        message = f"The backup is of another version of the board.{newer} Restore it with that version, then migrate."
        raise InvalidInput("path", message)


def _refuse_missing_extra(migration: str) -> None:
    if extra := EXTRAS.get(app_of(migration)):
        message = (
            f"The backup is of a board with {extra}, which is off here: set it up as it was there (SSO_ISSUER and what "
            "belongs to it), run manage.py migrate, and restore again; it can be switched off afterwards."
        )
        raise InvalidInput("path", message)


def _refuse_other_key(head: Mapping[str, Any]) -> None:
    if set(head["keys"]["journal"]).isdisjoint(key_marks()["journal"]):
        message = (
            "The backup's journal is sealed with another key than this board's. Set AUDIT_KEY to that of the board "
            "which was backed up, or to its SECRET_KEY if it had none; --unverified restores it nevertheless."
        )
        raise InvalidInput("path", message)


def _broken_seals() -> Iterator[str]:
    for release in Release.objects.order_by("pk"):
        if broken := first_broken_seal(sealed_journal(release)):
            yield f"{release.version}: {broken.message}"


def _other_callbacks(head: Mapping[str, Any]) -> Iterator[str]:
    if head["keys"]["callbacks"] != key_marks()["callbacks"]:
        yield (
            "The board that was backed up had another SECRET_KEY: callbacks of services that it asked will be refused, "
            "so retry what is open."
        )


def _empty(models: Iterable[type[Model]], *, replace: bool) -> None:
    if not replace and (Release.objects.exists() or Service.objects.exists()):
        message = "This database holds a board already; restore into an empty one, or say --replace to drop it."
        raise Conflict(message)
    # First what everybody else locks first: who is at work ends, and nobody waits in a circle with this.
    for locked in (Pulse.objects.order_by("pk"), Release.objects.order_by("pk")):
        list(locked.select_for_update())
    with lifted_guard():
        for model in models:
            rows = model._base_manager.all()  # noqa: SLF001
            # Without the collector, which would ask about protected rows; foreign keys are checked at the commit.
            rows._raw_delete(rows.db)  # noqa: SLF001


def _store(model: type[Model], rows: Iterator[Row]) -> int:
    fields, stored = columns_of(model), 0
    while chunk := list(islice(rows, CHUNK)):
        made = [
            model(**{each.attname: _read(each, value) for each, value in zip(fields, row[1:], strict=True)})
            for row in chunk
        ]
        stored += len(model._base_manager.bulk_create(made))  # noqa: SLF001
    return stored


def _read(field: Field[Any, Any], value: object) -> object:
    if isinstance(field, BinaryField):
        return None if value is None else base64.b64decode(str(value))
    return value if isinstance(field, JSONField) else field.to_python(value)


def _reset_numbers(models: Iterable[type[Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)


def _fence() -> None:
    """Take every stage over from whoever still writes for the lost database; open promotions keep theirs."""
    Stage.objects.update(epoch=F("epoch") + 1)
    for promotion in Promotion.objects.filter(state__in=[state.value for state in OPEN_PROMOTIONS]):
        promotion.epoch = Stage.objects.get(pk=promotion.stage_id).epoch
        promotion.save(update_fields=["epoch"])
