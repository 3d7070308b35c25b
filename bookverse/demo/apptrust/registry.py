"""The durable registry behind the simulated AppTrust; refuses with the statuses that the real one documents."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict

from bookverse.demo.apptrust.records import (
    ActivityRecord,
    ApplicationRecord,
    PromotionRecord,
    ReleaseStatus,
    Status,
    VersionRecord,
    activity_record,
    application_record,
    promotion_record,
    version_record,
)
from bookverse.demo.apptrust.setting import Setting
from bookverse.demo.exchange import Refusal
from bookverse.demo.storage import transaction


class Registry:
    """Work that takes time is a row with the moment at which it completes; ``settle`` applies what is due."""

    def __init__(self, connection: sqlite3.Connection, *, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._clock = clock

    def now(self) -> float:
        return self._clock()

    def setting(self) -> Setting:
        row = self._connection.execute("SELECT value FROM settings WHERE name = 'setting'").fetchone()
        return Setting().changed(json.loads(row["value"])) if row else Setting()

    def change_setting(self, setting: Setting) -> None:
        with transaction(self._connection) as connection:
            value = json.dumps(asdict(setting))
            connection.execute("INSERT OR REPLACE INTO settings VALUES ('setting', ?)", (value,))

    def settle(self) -> None:
        """Finish the creations and promotions whose time has come."""
        due = self._connection.execute(
            "SELECT 1 FROM versions WHERE completes_at <= :now "
            "UNION SELECT 1 FROM promotions WHERE completes_at <= :now",
            {"now": self.now()},
        ).fetchone()
        if due is None:
            return
        with transaction(self._connection) as connection:
            connection.execute(
                "UPDATE versions SET status = outcome, completes_at = NULL WHERE completes_at <= ?", (self.now(),)
            )
            for row in connection.execute("SELECT * FROM promotions WHERE completes_at <= ?", (self.now(),)).fetchall():
                self._finish(row)

    def _finish(self, row: sqlite3.Row) -> None:
        self._connection.execute(
            "UPDATE promotions SET status = outcome, completes_at = NULL WHERE id = ?", (row["id"],)
        )
        if row["outcome"] == Status.COMPLETED:
            self._connection.execute(
                "UPDATE versions SET current_stage = ?, release_status = ? WHERE application_key = ? AND version = ?",
                (row["target_stage"], row["release_status"], row["application_key"], row["version"]),
            )

    def add_application(self, record: ApplicationRecord) -> None:
        with transaction(self._connection) as connection:
            if self._application(record.application_key) is not None:
                raise Refusal(409, f"Application '{record.application_key}' already exists.")
            connection.execute(
                "INSERT INTO applications "
                "VALUES (:application_key, :application_name, :project_key, :created, :details)",
                {**asdict(record), "details": json.dumps(record.details)},
            )

    def applications(self) -> tuple[ApplicationRecord, ...]:
        rows = self._connection.execute("SELECT * FROM applications ORDER BY rowid")
        return tuple(application_record(row) for row in rows)

    def application(self, key: str) -> ApplicationRecord:
        found = self._application(key)
        if found is None:
            raise Refusal(404, f"Application '{key}' was not found.")
        return found

    def _application(self, key: str) -> ApplicationRecord | None:
        row = self._connection.execute("SELECT * FROM applications WHERE application_key = ?", (key,)).fetchone()
        return application_record(row) if row else None

    def add_version(self, record: VersionRecord, *, outcome: Status, completes_at: float | None) -> None:
        """A version that completes later keeps the record's status until then."""
        with transaction(self._connection) as connection:
            self.application(record.application_key)
            if self._version(record.application_key, record.version) is not None:
                raise Refusal(409, f"Version '{record.version}' of '{record.application_key}' already exists.")
            values = {
                **asdict(record),
                "sources": json.dumps(record.sources),
                "properties": json.dumps(record.properties),
                "outcome": outcome,
                "completes_at": completes_at,
            }
            _insert(connection, "versions", values)
            self._log("version_creation", record, str(outcome), record.created, {})

    def versions(self, application_key: str) -> tuple[VersionRecord, ...]:
        """Newest first."""
        self.application(application_key)
        rows = self._connection.execute(
            "SELECT * FROM versions WHERE application_key = ? ORDER BY created DESC, rowid DESC", (application_key,)
        )
        return tuple(version_record(row) for row in rows)

    def version(self, application_key: str, version: str) -> VersionRecord:
        self.application(application_key)
        found = self._version(application_key, version)
        if found is None:
            raise Refusal(404, f"Version '{version}' of '{application_key}' was not found.")
        return found

    def _version(self, application_key: str, version: str) -> VersionRecord | None:
        row = self._connection.execute(
            "SELECT * FROM versions WHERE application_key = ? AND version = ?", (application_key, version)
        ).fetchone()
        return version_record(row) if row else None

    def describe_version(self, record: VersionRecord, *, tag: str, properties: Mapping[str, object]) -> None:
        with transaction(self._connection) as connection:
            connection.execute(
                "UPDATE versions SET tag = ?, properties = ?, modified = ? WHERE application_key = ? AND version = ?",
                (tag, json.dumps(properties), self.now(), record.application_key, record.version),
            )
            self._log("version_update", record, "success", self.now(), {"tag": tag})

    def add_promotion(self, record: PromotionRecord, *, outcome: Status, completes_at: float) -> None:
        """409 while another promotion of the version runs; one that completes now or earlier is finished at once."""
        with transaction(self._connection) as connection:
            if self._is_promoting(record):
                raise Refusal(409, f"A promotion of '{record.version}' is already in progress.")
            values = {**asdict(record), "id": None, "outcome": outcome, "completes_at": completes_at}
            _insert(connection, "promotions", values)
            details = {"source_stage": record.source_stage, "target_stage": record.target_stage}
            self._log("version_promotion", record, str(outcome), record.created, details)
        self.settle()

    def _is_promoting(self, record: PromotionRecord) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM promotions WHERE application_key = ? AND version = ? AND status = 'STARTED'",
            (record.application_key, record.version),
        ).fetchone()
        return row is not None

    def promotions(self, record: VersionRecord) -> tuple[PromotionRecord, ...]:
        """Newest first."""
        rows = self._connection.execute(
            "SELECT * FROM promotions WHERE application_key = ? AND version = ? ORDER BY created DESC, id DESC",
            (record.application_key, record.version),
        )
        return tuple(promotion_record(row) for row in rows)

    def undo_promotion(self, record: VersionRecord, promotion: PromotionRecord, *, by: str) -> None:
        """The promotion's record disappears; only the activity log keeps it."""
        with transaction(self._connection) as connection:
            connection.execute("DELETE FROM promotions WHERE id = ?", (promotion.id,))
            connection.execute(
                "UPDATE versions SET current_stage = ?, release_status = ?, modified = ? "
                "WHERE application_key = ? AND version = ?",
                (
                    promotion.source_stage,
                    ReleaseStatus.PRE_RELEASE,
                    self.now(),
                    record.application_key,
                    record.version,
                ),
            )
            details = {"from_stage": record.current_stage, "to_stage": promotion.source_stage, "by": by}
            self._log("version_rollback", record, "success", self.now(), details)

    def activity(self, application_key: str) -> tuple[ActivityRecord, ...]:
        """Newest first; an empty key asks for every application."""
        rows = self._connection.execute(
            "SELECT * FROM activity WHERE :key = '' OR application_key = :key ORDER BY at DESC, id DESC LIMIT 1000",
            {"key": application_key},
        )
        return tuple(activity_record(row) for row in rows)

    def _log(
        self,
        event_type: str,
        about: VersionRecord | PromotionRecord,
        result: str,
        at: float,
        details: Mapping[str, object],
    ) -> None:
        values = {
            "id": None,
            "at": at,
            "event_type": event_type,
            "application_key": about.application_key,
            "version": about.version,
            "result": result,
            "created_by": about.created_by,
            "details": json.dumps(details),
        }
        _insert(self._connection, "activity", values)


def _insert(connection: sqlite3.Connection, table: str, values: Mapping[str, object]) -> None:
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", dict(values))  # noqa: S608 (names from this module) # nosec B608
