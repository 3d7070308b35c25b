"""The durable record of one service: its setting, its deployments, their callbacks and what they changed."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from random import SystemRandom

from bookverse.demo.service.behaviour import Behaviour, Mode
from bookverse.demo.service.orders import DispatchOrder
from bookverse.demo.service.steps import FINAL, State, Step, steps_of
from bookverse.demo.storage import transaction

_COLUMNS = (
    *DispatchOrder.__dataclass_fields__,
    "key",
    "mode",
    "failure_message",
    "duration_ms",
    "accepted_at",
    "state",
)
_INSERT = f"INSERT INTO deployments ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608 (fixed names only) # nosec B608

# A table of its own: files that are older have no such column.
_DEPLOYMENTS = "SELECT d.*, coalesce(traceparent, '') AS traceparent FROM deployments d LEFT JOIN traces USING (key)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(DispatchOrder):
    """``traceparent`` is the trace that its order came with, empty for none."""

    key: str
    mode: Mode
    failure_message: str
    duration_ms: int
    accepted_at: float
    steps_done: int
    state: State
    percent: int
    message: str
    traceparent: str = ""

    @property
    def next_step(self) -> Step | None:
        steps = steps_of(self.mode, self.failure_message)
        return steps[self.steps_done] if self.steps_done < len(steps) else None

    @property
    def due_at(self) -> float:
        """Seconds since the epoch at which the next step is due; only asked while there is one."""
        share = self.next_step.share if self.next_step else 1.0
        return self.accepted_at + share * self.duration_ms / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCallback:
    """A callback that the board did not acknowledge yet."""

    key: str
    sequence: int
    body: str
    due_at: float
    tries: int
    url: str
    token: str


class DeploymentStore:
    """Every method is one transaction that is on disk when it returns."""

    def __init__(self, connection: sqlite3.Connection, *, service: str, clock: Callable[[], float]) -> None:
        self.connection = connection
        self.service = service
        self._clock = clock

    def seed_live(self, versions: dict[str, str]) -> None:
        """Set the version of each stage that has none yet."""
        with transaction(self.connection) as connection:
            connection.executemany("INSERT OR IGNORE INTO live VALUES (?, ?)", versions.items())

    def behaviour(self) -> Behaviour:
        row = self.connection.execute("SELECT value FROM settings WHERE name = 'behaviour'").fetchone()
        return Behaviour().changed(json.loads(row["value"])) if row else Behaviour()

    def change_behaviour(self, behaviour: Behaviour) -> None:
        with transaction(self.connection):
            self._write_behaviour(behaviour)

    def _write_behaviour(self, behaviour: Behaviour) -> None:
        value = json.dumps(asdict(behaviour))
        self.connection.execute("INSERT OR REPLACE INTO settings VALUES ('behaviour', ?)", (value,))

    def take(self, key: str, order: DispatchOrder, traceparent: str = "") -> tuple[Deployment, bool]:
        """Return the deployment of this key and whether it is new; a known key changes nothing."""
        with transaction(self.connection):
            known = self.find(key)
            if known is not None:
                return known, False
            behaviour = self.behaviour()
            self._write_behaviour(behaviour.after_one())
            if traceparent:
                self.connection.execute("INSERT INTO traces VALUES (?, ?)", (key, traceparent))
            return self._insert(key, order, behaviour), True

    def _insert(self, key: str, order: DispatchOrder, behaviour: Behaviour) -> Deployment:
        jitter = SystemRandom().randint(-behaviour.jitter_ms, behaviour.jitter_ms)
        treatment = {
            "key": key,
            "mode": behaviour.mode,
            "failure_message": behaviour.failure_message,
            "duration_ms": max(0, behaviour.duration_ms + jitter),
            "accepted_at": self._clock(),
            "state": State.REJECTED if behaviour.mode is Mode.REJECT else State.ACCEPTED,
        }
        self.connection.execute(_INSERT, {**asdict(order), **treatment})
        return self.get(key)

    def find(self, key: str) -> Deployment | None:
        row = self.connection.execute(f"{_DEPLOYMENTS} WHERE key = ?", (key,)).fetchone()
        return _deployment(row) if row else None

    def get(self, key: str) -> Deployment:
        """KeyError for a key that was never taken."""
        found = self.find(key)
        if found is None:
            raise KeyError(key)
        return found

    def advance(self, key: str) -> Deployment:
        """Do the next step: state, callback and, at the end, the effect are one commit."""
        with transaction(self.connection) as connection:
            deployment = self.get(key)
            step = deployment.next_step
            if step is None:
                return deployment
            connection.execute(
                "UPDATE deployments SET steps_done = steps_done + 1, state = ?, percent = ?, message = ? WHERE key = ?",
                (step.state, step.percent, step.message, key),
            )
            self._add_callback(deployment, step)
            if step.state is State.SUCCEEDED:
                self.add_effect(deployment)
            return self.get(key)

    def _add_callback(self, deployment: Deployment, step: Step) -> None:
        self.connection.execute(
            "INSERT INTO callbacks (key, sequence, body, due_at) VALUES (?, ?, ?, ?)",
            (deployment.key, deployment.steps_done + 1, json.dumps(self.report(deployment, step)), self._clock()),
        )

    def report(self, deployment: Deployment, step: Step) -> dict[str, object]:
        """Return what the board is told of a step."""
        body: dict[str, object] = {
            "correlation_id": deployment.correlation_id,
            "source": self.service,
            "attempt": deployment.attempt,
            "status": step.status,
            "percent": step.percent,
            "message": step.message,
            "sequence": deployment.steps_done + 1,
        }
        if step.state in FINAL:
            body["details"] = {"stage": deployment.stage, "version": deployment.to_version or None}
        return body

    def add_effect(self, deployment: Deployment) -> None:
        """Write down what the deployment changed."""
        version, stage = deployment.to_version, deployment.stage
        self.connection.execute(
            "INSERT INTO effects VALUES (?, ?, ?, ?, ?, ?)",
            (deployment.key, self.service, stage, deployment.attempt, version, self._clock()),
        )
        if not version:
            self.connection.execute("DELETE FROM live WHERE stage = ?", (stage,))
            return
        self.connection.execute(  # Not REPLACE, which would move the row to the end of the stages.
            "INSERT INTO live VALUES (?, ?) ON CONFLICT (stage) DO UPDATE SET version = excluded.version",
            (stage, version),
        )

    def open_callback(self, key: str) -> OpenCallback | None:
        """Return the earliest callback of the deployment that is neither acknowledged nor given up."""
        row = self.connection.execute(
            "SELECT c.key, sequence, body, due_at, tries, callback_url AS url, callback_token AS token "
            "FROM callbacks c JOIN deployments USING (key) WHERE key = ? AND outcome = '' ORDER BY sequence LIMIT 1",
            (key,),
        ).fetchone()
        return OpenCallback(**dict(row)) if row else None

    def close_callback(self, callback: OpenCallback, outcome: str) -> None:
        """Record that it was acknowledged, or why it was given up."""
        with transaction(self.connection) as connection:
            connection.execute(
                "UPDATE callbacks SET tries = tries + 1, outcome = ? WHERE key = ? AND sequence = ?",
                (outcome, callback.key, callback.sequence),
            )

    def postpone_callback(self, callback: OpenCallback, *, until: float) -> None:
        with transaction(self.connection) as connection:
            connection.execute(
                "UPDATE callbacks SET tries = tries + 1, due_at = ? WHERE key = ? AND sequence = ?",
                (until, callback.key, callback.sequence),
            )

    def unfinished(self) -> tuple[str, ...]:
        """Return the keys that still have steps to do or callbacks to deliver."""
        rows = self.connection.execute(
            "SELECT key FROM deployments "
            "WHERE (state NOT IN (SELECT value FROM json_each(?)) AND mode <> 'silent') "
            "OR key IN (SELECT key FROM callbacks WHERE outcome = '') ORDER BY accepted_at",
            (json.dumps(sorted(FINAL)),),
        )
        return tuple(row["key"] for row in rows)

    def recent(self, limit: int) -> tuple[tuple[Deployment, int], ...]:
        """Return the newest deployments, each with the number of its callbacks that are not acknowledged yet."""
        rows = self.connection.execute(
            "SELECT d.*, (SELECT count(*) FROM callbacks c WHERE c.key = d.key AND outcome = '') AS waiting, "
            "'' AS traceparent FROM deployments d ORDER BY accepted_at DESC, rowid DESC LIMIT ?",
            (limit,),
        )
        return tuple((_deployment(row), row["waiting"]) for row in rows)

    def live(self) -> dict[str, str]:
        return {row["stage"]: row["version"] for row in self.connection.execute("SELECT * FROM live ORDER BY rowid")}


def _deployment(row: sqlite3.Row) -> Deployment:
    values = {name: row[name] for name in Deployment.__dataclass_fields__}
    return Deployment(**{**values, "mode": Mode(row["mode"]), "state": State(row["state"])})
