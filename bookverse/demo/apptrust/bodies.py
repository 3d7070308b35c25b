"""The JSON bodies of the simulated AppTrust, in the spelling that its setting asks for."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from bookverse.demo.apptrust.records import ActivityRecord, ApplicationRecord, PromotionRecord, VersionRecord
from bookverse.demo.apptrust.setting import Dialect
from bookverse.demo.exchange import Refusal, Response, json_answer


def envelope(refusal: Refusal) -> Response:
    # The services' 422 is AppTrust's 400.
    status = 400 if refusal.status == 422 else refusal.status  # noqa: PLR2004
    errors = [{"status": status, "message": refusal.message}]
    return json_answer({"errors": errors}, status=status, headers=refusal.headers)


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def spelled(value: str, dialect: Dialect) -> str:
    return value.lower() if dialect is Dialect.LOWER else value


def application_body(record: ApplicationRecord) -> dict[str, object]:
    return {
        "project_key": record.project_key,
        "application_key": record.application_key,
        "application_name": record.application_name,
        "created": moment(record.created),
        **record.details,
    }


def listed_application(record: ApplicationRecord, latest: VersionRecord | None, count: int) -> dict[str, object]:
    return {
        "project_key": record.project_key,
        "project_name": record.project_key,
        "application_key": record.application_key,
        "application_name": record.application_name,
        "created": moment(record.created),
        "application_version_latest": latest.version if latest else "",
        "application_version_tag": latest.tag if latest else "",
        "application_versions_count": count,
    }


def created_version(record: VersionRecord) -> dict[str, object]:
    return {
        "application_key": record.application_key,
        "version": record.version,
        "created_by": record.created_by,
        "created": moment(record.created),
        "tag": record.tag,
        "status": record.status,
    }


def listed_version(record: VersionRecord, dialect: Dialect) -> dict[str, object]:
    return {
        "version": record.version,
        "tag": record.tag,
        "status": record.status,
        "release_status": spelled(record.release_status, dialect),
        **_stage(record, dialect),
        "created_by": record.created_by,
        "created": moment(record.created),
    }


def _stage(record: VersionRecord, dialect: Dialect) -> dict[str, object]:
    if dialect is Dialect.LOWER and not record.current_stage:
        return {}
    return {"current_stage": record.current_stage}


def content(record: VersionRecord, project_key: str, dialect: Dialect) -> dict[str, object]:
    """Return the content without its lists, which the caller adds where they are asked for."""
    return {
        "application_key": record.application_key,
        "version": record.version,
        "project_key": project_key,
        "application_version_sha256": sha256(record),
        "status": record.status,
        "created_by": record.created_by,
        "created_at": moment(record.created),
        "tag": record.tag,
        "release_status": spelled(record.release_status, dialect),
        **_stage(record, dialect),
        "properties": record.properties,
        "releasables_count": len(releasables(record, expanded=False)),
        "artifacts_count": len(releasables(record, expanded=False)),
        "total_size": sum(_size(each) for each in releasables(record, expanded=False)),
    }


def sha256(record: VersionRecord, part: str = "") -> str:
    return hashlib.sha256(f"{record.application_key}/{record.version}/{part}".encode()).hexdigest()


def _size(releasable: Mapping[str, object]) -> int:
    return int(str(releasable["total_size"]))


def sources(record: VersionRecord) -> list[dict[str, object]]:
    """Flatten the groups that the version was created from, each item with its type."""
    types = {"builds": "build", "versions": "application_version", "release_bundles": "release_bundle"}
    return [
        {**_described(item), "type": types.get(group, "direct"), "child_sources": []}
        for group, items in record.sources.items()
        for item in items
    ]


def _described(item: Mapping[str, object]) -> dict[str, object]:
    """A package brings a type of its own, which is not that of the source."""
    return {"package_type" if name == "type" else name: value for name, value in item.items()}


def releasables(record: VersionRecord, *, expanded: bool) -> list[dict[str, object]]:
    """Return one releasable for each source, with its artefacts where ``expanded``."""
    return [_releasable(record, source, expanded=expanded) for source in sources(record)]


def _releasable(record: VersionRecord, source: Mapping[str, object], *, expanded: bool) -> dict[str, object]:
    name = str(source.get("name") or source.get("path") or source.get("application_key"))
    digest = sha256(record, name)
    size = 1_000_000 + int(digest[:5], 16)
    artifacts = {"artifacts": [{"path": f"{name}/{record.version}/manifest.json", "sha256": digest, "size": size}]}
    return {
        "name": name,
        "version": record.version,
        "releasable_type": "package_version",
        "sha256": digest,
        "package_type": "docker",
        "owning_application_key": record.application_key,
        "connection_level": "direct",
        "total_size": size,
        "sources": [source],
        **(artifacts if expanded else {}),
    }


def promotion_body(
    record: PromotionRecord, project_key: str, *, with_message: bool, dialect: Dialect
) -> dict[str, object]:
    """The field names vary inside the real one's own sample, so each dialect takes one of the spellings."""
    by, at = ("created_by", "created") if dialect is Dialect.LOWER else ("promoted_by", "promoted_at")
    messages = {"messages": [{"text": record.message}]} if with_message else {}
    return {
        "status": record.status,
        "project_key": project_key,
        "application_key": record.application_key,
        "application_version": record.version,
        "source_stage": record.source_stage,
        "target_stage": record.target_stage,
        by: record.created_by,
        at: moment(record.created),
        "created_millis": int(record.created * 1000),
        **messages,
    }


def activity_body(record: ActivityRecord, project_key: str) -> dict[str, object]:
    return {
        "event_id": str(record.id),
        "timestamp": moment(record.at),
        "subject_type": "application_version",
        "subject_name": record.version,
        "event_type": record.event_type,
        "result": record.result,
        "created_by": record.created_by,
        "application_key": record.application_key,
        "project_key": project_key,
        "additional_data": record.details,
    }
