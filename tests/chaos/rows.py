"""The board's tables as plain values, read with plain SQL: neither its ORM nor its code has a say in what they hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    TABLE: ClassVar = "releases_stage"
    id: int
    name: str
    position: int
    live_version_id: int | None
    live_since_at: datetime | None
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    TABLE: ClassVar = "releases_service"
    id: int
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    TABLE: ClassVar = "releases_platformversion"
    id: int
    version: str
    release_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    TABLE: ClassVar = "releases_release"
    id: int
    version: str
    state: str
    sequence: int
    lock_version: int
    seal: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRow:
    TABLE: ClassVar = "releases_promotion"
    id: int
    release_id: int
    stage_id: int
    version: str
    state: str
    phases: Any
    phase: int
    epoch: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    TABLE: ClassVar = "releases_promotionstep"
    id: int
    promotion_id: int
    service_id: int
    phase: int
    from_version: str
    to_version: str
    state: str
    reason: str
    message: str
    percent: int | None
    attempt: int
    heard_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    TABLE: ClassVar = "releases_aggregationsession"
    id: int
    correlation_id: UUID
    promotion_id: int
    phase: int
    state: str
    opened_at: datetime
    closed_at: datetime | None
    summary: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchRow:
    TABLE: ClassVar = "releases_dispatch"
    id: int
    session_id: int
    step_id: int
    attempt: int
    key: UUID
    state: str
    reason: str
    message: str
    percent: int | None
    opened_at: datetime
    heard_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRow:
    TABLE: ClassVar = "releases_callback"
    id: int
    dispatch_id: int
    status: str
    sequence: int | None
    percent: int | None
    message: str
    disposition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    TABLE: ClassVar = "releases_journalentry"
    id: int
    release_id: int
    sequence: int
    at: datetime
    kind: str
    actor: str
    service: str
    payload: Any
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRow:
    TABLE: ClassVar = "releases_deployment"
    id: int
    stage_id: int
    service_id: int
    version: str
    step_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    TABLE: ClassVar = "releases_delivery"
    id: int
    session_id: int | None
    next_send_at: datetime
    delivered_at: datetime | None
    gave_up_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRow:
    TABLE: ClassVar = "releases_collection"
    id: int
    requested_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRow:
    TABLE: ClassVar = "releases_validationrun"
    id: int
    version: str
    requested_at: datetime
    due_at: datetime
    claimed_until: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRecordRow:
    TABLE: ClassVar = "releases_registryrecord"
    id: int
    version: str
    next_try_at: datetime
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    TABLE: ClassVar = "releases_quarantine"
    id: int
    version: str
    next_try_at: datetime
    told_at: datetime | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    TABLE: ClassVar = "releases_commandreceipt"
    id: int
    actor: str
    key: str
    result: Any


class Cursor(Protocol):
    """As both databases' drivers have it."""

    def execute(self, query: Any, /) -> object:  # noqa: ANN401 (one driver takes texts, the other more)
        """Run a query."""

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """Return its rows."""


class _Table(Protocol):
    TABLE: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


Row = TypeVar("Row", bound=_Table)


def rows_of(cursor: Cursor, kind: type[Row]) -> tuple[Row, ...]:
    """Read a whole table in the order of its rows."""
    columns = [(column.name, _CONVERT.get(str(column.type), _as_it_is)) for column in fields(kind)]
    cursor.execute(f"SELECT {', '.join(name for name, _ in columns)} FROM {kind.TABLE} ORDER BY id")
    return tuple(
        kind(**{name: convert(value) for (name, convert), value in zip(columns, found, strict=True)})
        for found in cursor.fetchall()
    )


def moment(value: str | datetime) -> datetime:
    """SQLite keeps a time in UTC as text without its zone; PostgreSQL has one in the session's zone."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _moment_or_none(value: str | datetime | None) -> datetime | None:
    return None if value is None else moment(value)


def _uuid(value: str | UUID) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _document(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


def _as_it_is(value: object) -> object:
    return value


# By annotation, which in this module is a text.
_CONVERT: dict[str, Callable[[Any], object]] = {
    "datetime": moment,
    "datetime | None": _moment_or_none,
    "UUID": _uuid,
    "Any": _document,
}
