"""What a chaos run writes down, line by line, so that a checker who was not there can judge it afterwards."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import TextIO

RUN = "run.json"
SECRETS = "secrets.json"
SERVICES = "services"
LOGS = "*.log"
EVERY_INVARIANT = tuple(f"I{number}" for number in range(1, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRecord:
    """One callback as the postman delivered it, and the board's answer; ``http_status`` is None where none came.

    ``copy`` marks what the service did not send itself: a duplicate, or an old one delivered again.
    """

    FILE: ClassVar = "callbacks.jsonl"
    correlation_id: str
    source: str
    attempt: int
    status: str
    sequence: int | None
    message: str
    http_status: int | None
    answer: Any
    copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgedRecord:
    """A callback that nobody may believe; ``what`` says in words what is wrong with it.

    ``correlation_id`` and ``message`` are those it was posted with: a ``message`` that no genuine callback has lets the
    checker see whether it was stored. ``body`` is the answer's, word for word. ``http_status`` None: no answer came.
    """

    FILE: ClassVar = "forged.jsonl"
    what: str
    correlation_id: str
    message: str
    http_status: int | None
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order that a gate let through to its service; ``answer_status`` is the service's, None where none came."""

    FILE: ClassVar = "orders.jsonl"
    service: str
    key: str
    correlation_id: str
    attempt: int
    stage: str
    to_version: str
    answer_status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRecord:
    """One try of one command (no GET); ``key`` is its Idempotency-Key, empty where it has none.

    ``operator`` is the user's name as the journal tells it, and all that this user does is recorded: an entry of theirs
    that no command accounts for is a finding. A command that is repeated is a line for each try; one without an answer
    has None twice. ``answer`` is the JSON that came.
    """

    FILE: ClassVar = "commands.jsonl"
    operator: str
    key: str
    method: str
    path: str
    body: Mapping[str, Any]
    http_status: int | None
    answer: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRecord:
    """What a viewer had before it at the end, once nothing moved any more.

    ``page`` is ``release`` or ``board``; ``sequence`` what the last frame brought the page to; ``marks`` what
    ``tests.chaos.showing`` read off it; ``text`` its words, for people.
    """

    FILE: ClassVar = "views.jsonl"
    viewer: str
    page: str
    release_id: int | None
    sequence: int
    marks: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionRecord:
    """A fault that was injected, ``at`` seconds after the start."""

    FILE: ClassVar = "injections.jsonl"
    at: float
    kind: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run was, in run.json; ``environment`` is that of the board's processes, so that its commands can be run.

    ``ended_at`` is when they were stopped (ISO 8601 in UTC), None while they run: what was due long before then is
    stuck. ``demands`` names the invariants for which having examined nothing is a failure.
    """

    topology: str
    seed: int
    database_url: str
    environment: Mapping[str, str]
    ended_at: str | None = None
    demands: tuple[str, ...] = EVERY_INVARIANT


Record = TypeVar("Record", CallbackRecord, ForgedRecord, OrderRecord, CommandRecord, ViewRecord, InjectionRecord)
AnyRecord = CallbackRecord | ForgedRecord | OrderRecord | CommandRecord | ViewRecord | InjectionRecord


class Recorder:
    """Appends records to the run's folder; any thread may write, and what was written is in the file at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._files: dict[str, TextIO] = {}

    def write(self, record: AnyRecord) -> None:
        line = json.dumps(asdict(record), ensure_ascii=True)
        with self._lock:
            file = self._files.get(record.FILE)
            if file is None:
                file = self._files[record.FILE] = (self._folder / record.FILE).open("a", encoding="utf-8")
            file.write(f"{line}\n")
            file.flush()

    def close(self) -> None:
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()


def read_records(folder: Path, kind: type[Record]) -> list[Record]:
    """Return the records of a kind in the order in which they were written; none where there is no such file."""
    path = folder / kind.FILE
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [kind(**json.loads(line)) for line in lines]


def write_run(folder: Path, run: Run) -> None:
    (folder / RUN).write_text(json.dumps(asdict(run), indent=1))


def read_run(folder: Path) -> Run:
    """Return what run.json tells; what else it holds is for people."""
    found = json.loads((folder / RUN).read_text())
    known = {field.name for field in fields(Run)}
    values = {name: value for name, value in found.items() if name in known}
    return Run(**{**values, "demands": tuple(found.get("demands", EVERY_INVARIANT))})


def write_secrets(folder: Path, secrets: list[str]) -> None:
    """Keep what may never occur in a log."""
    (folder / SECRETS).write_text(json.dumps(secrets))


def read_secrets(folder: Path) -> list[str]:
    path = folder / SECRETS
    found: list[str] = json.loads(path.read_text()) if path.exists() else []
    return found
