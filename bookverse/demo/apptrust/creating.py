"""Creating applications and versions, by the rules of AppTrust."""

from collections.abc import Mapping
from dataclasses import dataclass

from bookverse.demo import fields
from bookverse.demo.apptrust.records import ApplicationRecord, ReleaseStatus, Status, VersionRecord
from bookverse.demo.apptrust.registry import Registry
from bookverse.demo.apptrust.setting import Creation
from bookverse.demo.exchange import malformed

KEY = r"[a-z][a-z0-9-]{1,63}"
TAG = r"[0-9A-Za-z](?:[0-9A-Za-z._-]{0,126}[0-9A-Za-z])?"
_VERSION = r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,127}"
_SOURCE_GROUPS = ("artifacts", "packages", "builds", "release_bundles", "versions")
_DETAILS = ("description", "maturity_level", "criticality")
_MOST_SOURCES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """``is_async`` answers before the version is complete."""

    version: str
    tag: str
    sources: Mapping[str, list[dict[str, object]]]
    by: str
    at: float
    is_async: bool


def read_application(source: Mapping[str, object], *, at: float) -> ApplicationRecord:
    details = {name: fields.optional_text(source, name, limit=2000) or "unspecified" for name in _DETAILS}
    return ApplicationRecord(
        application_key=fields.text(source, "application_key", pattern=KEY),
        application_name=fields.text(source, "application_name", limit=255),
        project_key=fields.text(source, "project_key", pattern=KEY),
        created=at,
        details={**details, "description": fields.optional_text(source, "description", limit=2000)},
    )


def read_version(source: Mapping[str, object], *, by: str, at: float, is_async: bool) -> NewVersion:
    """400 without a source: AppTrust makes no empty version."""
    return NewVersion(
        version=fields.text(source, "version", limit=128, pattern=_VERSION),
        tag=fields.optional_text(source, "tag", limit=128, pattern=TAG),
        sources=_read_sources(source.get("sources")),
        by=by,
        at=at,
        is_async=is_async,
    )


def _read_sources(source: object) -> dict[str, list[dict[str, object]]]:
    if not isinstance(source, dict):
        why = "sources must be an object with at least one source."
        raise malformed("sources", why)
    groups = {group: _read_group(source[group], group) for group in _SOURCE_GROUPS if source.get(group)}
    if not groups:
        why = "A version needs at least one source."
        raise malformed("sources", why)
    return groups


def _read_group(items: object, group: str) -> list[dict[str, object]]:
    if not isinstance(items, list) or len(items) > _MOST_SOURCES or not all(isinstance(item, dict) for item in items):
        raise malformed(group, f"{group} must be a list of at most {_MOST_SOURCES} objects.")
    return [_read_source(item) for item in items]


def _read_source(item: Mapping[str, object]) -> dict[str, object]:
    named = any(item.get(name) for name in ("name", "path", "application_key"))
    if not named:
        why = "Each source needs a name, a path or an application_key."
        raise malformed("sources", why)
    return {name: fields.text(item, name, limit=500) for name, value in item.items() if isinstance(value, str)}


def create_version(registry: Registry, application_key: str, new: NewVersion) -> VersionRecord:
    """Return the record as it is now, which is not complete yet where the call is asynchronous."""
    setting = registry.setting()
    outcome = Status.FAILED if setting.creation is Creation.FAIL else Status.COMPLETED
    record = VersionRecord(
        application_key=application_key,
        version=new.version,
        tag=new.tag,
        sources=dict(new.sources),
        properties={},
        created_by=new.by,
        created=new.at,
        modified=new.at,
        status=Status.IN_PROGRESS if new.is_async else outcome,
        release_status=ReleaseStatus.PRE_RELEASE,
        current_stage="",
    )
    completes_at = new.at + setting.work_ms / 1000 if new.is_async else None
    registry.add_version(record, outcome=outcome, completes_at=completes_at)
    return record
