"""What AppTrust's record of a release says, compared with what it should: tolerant of every documented spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import quote

from releases.domain.rollbacks import is_stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def version_path(application_key: str, version: str) -> str:
    """Return where AppTrust has a version, below its own address; neither name leads elsewhere."""
    return f"/apptrust/api/v1/applications/{quote(application_key, safe='')}/versions/{quote(version, safe='')}"


def difference(sources: object, applications: Mapping[str, str]) -> str:
    """Say where a version's sources are not the set that it stands for; empty where they are.

    ``sources`` are AppTrust's: ``application_version`` or ``version`` items with key and version, among others.
    """
    found = versions_among(sources if isinstance(sources, list) else [])
    wrong = [
        f"{key} {found.get(key, 'missing')} instead of {version}"
        for key, version in sorted(applications.items())
        if found.get(key) != version
    ]
    wrong += [f"{key} {found[key]} which is not part of it" for key in sorted(found.keys() - applications.keys())]
    return f"AppTrust has another version of this name: {', '.join(wrong)}." if wrong else ""


def versions_among(sources: Sequence[object]) -> dict[str, str]:
    """Return the versions that a version is made of, by application key; what else it is made of is left out."""
    return {str(item["application_key"]): str(item.get("version")) for item in sources if _is_version(item)}


def _is_version(item: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(item, dict) and bool(item.get("application_key"))


def has_reached(stage: str, wanted: str) -> bool:
    """Tell whether AppTrust's spelling of a stage, empty for none, is the one that is wanted."""
    return is_stage(stage, wanted) if stage and wanted else stage == wanted


def is_ahead(stage: str, wanted: str, stages: Sequence[str]) -> bool:
    """Tell whether a version has to go back to where it is wanted; a stage nobody here knows is not behind."""
    place = next((number for number, name in enumerate(stages) if has_reached(stage, name)), -1)
    target = stages.index(wanted) if wanted in stages else -1
    return place > target


def was_refused(answer: Mapping[str, Any]) -> str:
    """Return why a promotion was not made though the call was answered with success; empty where it was made."""
    gates = [gate for gate in (answer.get("evaluations") or {}).values() if isinstance(gate, dict)]
    failed = next((gate for gate in gates if gate.get("decision") == "fail"), None)
    if failed is not None:
        return str(failed.get("explanation") or answer.get("message") or "a gate failed")
    status = str(answer.get("status") or "success").casefold()
    return "" if status == "success" else str(answer.get("message") or status)
