"""What the registry holds, and its tables."""

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS applications (
    application_key TEXT PRIMARY KEY,
    application_name TEXT NOT NULL,
    project_key TEXT NOT NULL,
    created REAL NOT NULL,
    details TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS versions (
    application_key TEXT NOT NULL REFERENCES applications (application_key),
    version TEXT NOT NULL,
    tag TEXT NOT NULL,
    sources TEXT NOT NULL,
    properties TEXT NOT NULL DEFAULT '{}',
    created_by TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    status TEXT NOT NULL,
    release_status TEXT NOT NULL,
    current_stage TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL,
    completes_at REAL,
    PRIMARY KEY (application_key, version)
);
CREATE TABLE IF NOT EXISTS promotions (
    id INTEGER PRIMARY KEY,
    application_key TEXT NOT NULL,
    version TEXT NOT NULL,
    source_stage TEXT NOT NULL,
    target_stage TEXT NOT NULL,
    promotion_type TEXT NOT NULL,
    release_status TEXT NOT NULL,
    message TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created REAL NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT NOT NULL,
    completes_at REAL,
    FOREIGN KEY (application_key, version) REFERENCES versions (application_key, version)
);
CREATE UNIQUE INDEX IF NOT EXISTS promotions_running ON promotions (application_key, version) WHERE status = 'STARTED';
CREATE TABLE IF NOT EXISTS activity (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    event_type TEXT NOT NULL,
    application_key TEXT NOT NULL,
    version TEXT NOT NULL,
    result TEXT NOT NULL,
    created_by TEXT NOT NULL,
    details TEXT NOT NULL
);
"""


class Status(StrEnum):
    STARTED = "STARTED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ReleaseStatus(StrEnum):
    PRE_RELEASE = "PRE_RELEASE"
    RELEASED = "RELEASED"
    TRUSTED_RELEASE = "TRUSTED_RELEASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRecord:
    """Times are seconds since the epoch, here and below."""

    application_key: str
    application_name: str
    project_key: str
    created: float
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    application_key: str
    version: str
    tag: str
    sources: dict[str, Any]
    properties: dict[str, Any]
    created_by: str
    created: float
    modified: float
    status: Status
    release_status: ReleaseStatus
    current_stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRecord:
    """``release_status`` is what the version becomes when this one completes."""

    id: int
    application_key: str
    version: str
    source_stage: str
    target_stage: str
    promotion_type: str
    release_status: ReleaseStatus
    message: str
    created_by: str
    created: float
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRecord:
    id: int
    at: float
    event_type: str
    application_key: str
    version: str
    result: str
    created_by: str
    details: dict[str, Any]


def application_record(row: sqlite3.Row) -> ApplicationRecord:
    return ApplicationRecord(**{**dict(row), "details": json.loads(row["details"])})


def version_record(row: sqlite3.Row) -> VersionRecord:
    values = {name: row[name] for name in VersionRecord.__dataclass_fields__}
    values["sources"], values["properties"] = json.loads(row["sources"]), json.loads(row["properties"])
    values["status"], values["release_status"] = Status(row["status"]), ReleaseStatus(row["release_status"])
    return VersionRecord(**values)


def promotion_record(row: sqlite3.Row) -> PromotionRecord:
    values = {name: row[name] for name in PromotionRecord.__dataclass_fields__}
    values["status"], values["release_status"] = Status(row["status"]), ReleaseStatus(row["release_status"])
    return PromotionRecord(**values)


def activity_record(row: sqlite3.Row) -> ActivityRecord:
    return ActivityRecord(**{**dict(row), "details": json.loads(row["details"])})
