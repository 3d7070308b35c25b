"""What a backup holds: every row of every table as one moment saw them, one line each, the same on both databases."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from releases import conf
from releases.domain.sealing import key_mark
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Field, Model

FORMAT = 1
# What an extra installs: a board may have it or not, and is the same version of the board.
EXTRAS = {"account": "single sign-on", "socialaccount": "single sign-on"}
# Who is signed in is nobody's business a day later: after a restore everybody signs in again.
_LEFT_OUT = frozenset({"sessions"})
CHUNK = 1_000


def kept_models() -> list[type[Model]]:
    """Return the models behind every table that a backup holds."""
    models = apps.get_models(include_auto_created=True)
    return [
        model
        for model in models
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in _LEFT_OUT
    ]


def columns_of(model: type[Model]) -> list[Field[Any, Any]]:
    """Return the fields that are columns, in the order in which a line holds their values."""
    return list(model._meta.concrete_fields)


def applied_migrations() -> list[str]:
    """Return which migrations made this database's tables, but for those of an extra that was switched off."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied if app not in EXTRAS or apps.is_installed(f"allauth.{app}"))


def app_of(name: str) -> str:
    """Return the app of a table or of a migration."""
    return name.partition(".")[0]


def missing_migrations() -> list[str]:
    """Return which migrations this version of the board would still run here, in their order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def key_marks() -> dict[str, list[str]]:
    """Return by what to recognise, not find, the keys without which a restored board is not the same."""
    return {
        "journal": [key_mark(key) for key in conf.sealing_keys()],
        "callbacks": [key_mark(conf.signing_key())],
    }


def backup_lines() -> Iterator[str]:
    """Yield the head, then a line for each row; writers go on meanwhile, and none of what they do is half in it."""
    with _one_moment():
        models = kept_models()
        tables = {model._meta.label: [field.attname for field in columns_of(model)] for model in models}
        head = {"format": FORMAT, "at": database_now().isoformat(), "migrations": applied_migrations()}
        yield json.dumps({**head, "tables": tables, "keys": key_marks()})
        for model in models:
            yield from _rows(model)


@contextmanager
def _one_moment() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # A deferred transaction reads one moment of the write-ahead log; the usual immediate one would stop all writers.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _rows(model: type[Model]) -> Iterator[str]:
    names = [field.attname for field in columns_of(model)]
    label = model._meta.label
    rows = model._base_manager.order_by("pk").values_list(*names)  # noqa: SLF001
    for row in rows.iterator(chunk_size=CHUNK):
        yield json.dumps([label, *row], default=_written, ensure_ascii=False, separators=(",", ":"))


def _written(value: object) -> str:
    """Write what JSON has no form for, to the microsecond."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, UUID | ZoneInfo):
        return str(value)
    message = f"A backup has no form for {type(value).__name__}."
    raise TypeError(message)
