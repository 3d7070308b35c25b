"""The manifest of a release: what it consists of, as it was known when the release was created.

The shape is that of BookVerse's own platform manifests, so that what reads those reads these; the board adds what it
knows besides. Null means that the board did not know it, never that there is none.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from releases.domain.contents import ordered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from releases.domain.documents import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One service in the set; ``stage`` is where AppTrust had its version, empty where that is not known.

    ``sources`` and ``releasables`` are AppTrust's lists in any order: None where the board has not read them,
    empty where AppTrust says that there are none.
    """

    service: str
    application_key: str
    version: str
    stage: str = ""
    sources: Sequence[Any] | None = None
    releasables: Sequence[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFacts:
    """What a manifest is made of; ``digest`` is the plan's, ``verdict`` what it said of the set."""

    version: str
    target_version: str
    kind: str
    digest: str
    baseline: str
    verdict: str
    notes: str
    created_by: str
    created_at: datetime
    components: Sequence[Component]


def manifest_id(version: str) -> str:
    """Return what the manifest is called: after the label that the release was created with."""
    return f"platform-{version}"


def manifest_document(facts: ManifestFacts) -> Document:
    """Return the manifest; its keys keep this order in every form that it is handed out in."""
    components = sorted(facts.components, key=lambda each: each.service)
    return {
        "id": manifest_id(facts.version),
        "version": facts.version,
        "platform_version": facts.version,
        "target_version": facts.target_version,
        "kind": facts.kind,
        "created_at": facts.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "source_stage": _source_stage(components),
        "services": {each.service: each.version for each in components},
        "applications": [_application(each) for each in components],
        "provenance": {
            "created_by": facts.created_by,
            "baseline": facts.baseline or None,
            "verdict": facts.verdict or None,
            # The board looks at no signatures, so it neither asks for them nor says that they are there.
            "evidence_minimums": {"signatures_present": None},
        },
        "notes": facts.notes,
        "digest": facts.digest,
    }


def _application(component: Component) -> Document:
    return {
        "application_key": component.application_key,
        "service": component.service,
        "version": component.version,
        "sources": _as_list(component.sources),
        "releasables": _as_list(component.releasables),
    }


def _as_list(items: Sequence[Any] | None) -> list[Any] | None:
    return None if items is None else ordered(items)


def _source_stage(components: Sequence[Component]) -> str | None:
    """Return the stage that all versions come from; None where they come from several, or nobody knows."""
    stages = {each.stage for each in components}
    return next(iter(stages)) or None if len(stages) == 1 else None


def written(document: Document) -> str:
    """Return the manifest as the text that is stored; its digest is of exactly these characters."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def sha256_of(body: str) -> str:
    """Return 64 hex digits by which a stored manifest is recognised."""
    return hashlib.sha256(body.encode()).hexdigest()
