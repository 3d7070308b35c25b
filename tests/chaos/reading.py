"""Everything that a run left behind, read once: the board's tables, the services' own logs, records and log files."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit

import psycopg

from tests.chaos import records, rows
from tests.chaos.journals import Verification, verify_journals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.chaos.records import Run


SQLITE_CLOCK = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
POSTGRES_CLOCK = "SELECT clock_timestamp()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The board's tables as of one moment, ``now`` by the database's clock."""

    now: datetime
    stages: tuple[rows.StageRow, ...]
    services: tuple[rows.ServiceRow, ...]
    labels: tuple[rows.LabelRow, ...]
    releases: tuple[rows.ReleaseRow, ...]
    promotions: tuple[rows.PromotionRow, ...]
    steps: tuple[rows.StepRow, ...]
    sessions: tuple[rows.SessionRow, ...]
    dispatches: tuple[rows.DispatchRow, ...]
    callbacks: tuple[rows.CallbackRow, ...]
    entries: tuple[rows.EntryRow, ...]
    deployments: tuple[rows.DeploymentRow, ...]
    deliveries: tuple[rows.DeliveryRow, ...]
    collections: tuple[rows.CollectionRow, ...]
    validations: tuple[rows.ValidationRow, ...]
    registry_records: tuple[rows.RegistryRecordRow, ...]
    quarantines: tuple[rows.QuarantineRow, ...]
    receipts: tuple[rows.ReceiptRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOrder:
    """A deployment as the service itself wrote it down; ``accepted_at`` in seconds since the epoch."""

    service: str
    key: str
    correlation_id: str
    attempt: int
    stage: str
    to_version: str
    callback_token: str
    mode: str
    accepted_at: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCallback:
    """What a service had to say; ``outcome`` is empty until the board acknowledged it or the service gave up."""

    service: str
    key: str
    sequence: int
    body: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an order changed outside the board."""

    service: str
    key: str
    stage: str
    attempt: int
    version: str
    at: float


Line = TypeVar("Line", TakenOrder, SentCallback, Effect)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLogs:
    """What all services wrote down."""

    orders: tuple[TakenOrder, ...]
    callbacks: tuple[SentCallback, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the checks judge; ``logs`` are the texts of the processes' log files by name."""

    run: Run
    board: Tables
    services: ServiceLogs
    callbacks: tuple[records.CallbackRecord, ...]
    forged: tuple[records.ForgedRecord, ...]
    orders: tuple[records.OrderRecord, ...]
    commands: tuple[records.CommandRecord, ...]
    views: tuple[records.ViewRecord, ...]
    secrets: frozenset[str]
    logs: Mapping[str, str]
    verification: Verification

    @property
    def quiet_at(self) -> datetime:
        """When the board was stopped, or now while it runs."""
        return datetime.fromisoformat(self.run.ended_at) if self.run.ended_at else self.board.now


def read_tables(database_url: str) -> Tables:
    """Read the board's database in one transaction that can only read."""
    if is_sqlite(database_url):
        with _sqlite(Path(urlsplit(database_url).path[1:])) as connection:
            connection.execute("BEGIN")
            return tables_from(connection.cursor(), SQLITE_CLOCK)
    with psycopg.connect(database_url) as server:
        server.isolation_level, server.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        return tables_from(server.cursor(), POSTGRES_CLOCK)


def is_sqlite(database_url: str) -> bool:
    """Tell which of the two databases an address names."""
    return database_url.startswith("sqlite:")


def tables_from(cursor: rows.Cursor, clock: str) -> Tables:
    """Read the tables as the cursor's transaction sees them; ``clock`` asks for the time."""
    cursor.execute(clock)
    return Tables(
        now=rows.moment(cursor.fetchall()[0][0]),
        stages=rows.rows_of(cursor, rows.StageRow),
        services=rows.rows_of(cursor, rows.ServiceRow),
        labels=rows.rows_of(cursor, rows.LabelRow),
        releases=rows.rows_of(cursor, rows.ReleaseRow),
        promotions=rows.rows_of(cursor, rows.PromotionRow),
        steps=rows.rows_of(cursor, rows.StepRow),
        sessions=rows.rows_of(cursor, rows.SessionRow),
        dispatches=rows.rows_of(cursor, rows.DispatchRow),
        callbacks=rows.rows_of(cursor, rows.CallbackRow),
        entries=rows.rows_of(cursor, rows.EntryRow),
        deployments=rows.rows_of(cursor, rows.DeploymentRow),
        deliveries=rows.rows_of(cursor, rows.DeliveryRow),
        collections=rows.rows_of(cursor, rows.CollectionRow),
        validations=rows.rows_of(cursor, rows.ValidationRow),
        registry_records=rows.rows_of(cursor, rows.RegistryRecordRow),
        quarantines=rows.rows_of(cursor, rows.QuarantineRow),
        receipts=rows.rows_of(cursor, rows.ReceiptRow),
    )


def read_facts(
    folder: Path,
    verify: Callable[[Run], Verification] = verify_journals,
    read: Callable[[str], Tables] = read_tables,
) -> Facts:
    """Read a run's folder and the database that it names."""
    run = records.read_run(folder)
    return Facts(
        run=run,
        board=read(run.database_url),
        services=read_services(folder / records.SERVICES),
        callbacks=tuple(records.read_records(folder, records.CallbackRecord)),
        forged=tuple(records.read_records(folder, records.ForgedRecord)),
        orders=tuple(records.read_records(folder, records.OrderRecord)),
        commands=tuple(records.read_records(folder, records.CommandRecord)),
        views=tuple(records.read_records(folder, records.ViewRecord)),
        secrets=frozenset(records.read_secrets(folder)),
        logs=_logs(folder),
        verification=verify(run),
    )


def _logs(folder: Path) -> dict[str, str]:
    paths = sorted(folder.rglob(records.LOGS))
    return {str(path.relative_to(folder)): path.read_text(errors="replace") for path in paths}


@contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file that may hold what a killed process had not checkpointed, which a read-only file could not show."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only = ON")
        yield connection


def read_services(folder: Path) -> ServiceLogs:
    """Read the services' own files; a folder without any gives nothing to judge."""
    found = [_service_log(path) for path in sorted(folder.glob("*.sqlite3"))]
    return ServiceLogs(
        orders=tuple(order for log in found for order in log.orders),
        callbacks=tuple(callback for log in found for callback in log.callbacks),
        effects=tuple(effect for log in found for effect in log.effects),
    )


def _service_log(path: Path) -> ServiceLogs:
    with _sqlite(path) as connection:
        known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "deployments" not in known:  # the registry, which keeps a file beside them
            return ServiceLogs(orders=(), callbacks=(), effects=())
        return ServiceLogs(
            orders=_log(connection, TakenOrder, "deployments", path.stem),
            callbacks=_log(connection, SentCallback, "callbacks", path.stem),
            effects=_log(connection, Effect, "effects", path.stem),
        )


def _log(connection: sqlite3.Connection, kind: type[Line], table: str, service: str) -> tuple[Line, ...]:
    names = [field.name for field in fields(kind) if field.name != "service"]
    found = connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY rowid")
    return tuple(kind(service=service, **dict(zip(names, row, strict=True))) for row in found)
