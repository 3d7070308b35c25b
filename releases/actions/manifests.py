"""Writing down what a release consists of, in the transaction that creates it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.manifests import ManifestFacts, manifest_document, sha256_of, written
from releases.models import Manifest
from releases.queries.manifests import components_of

if TYPE_CHECKING:
    from releases.domain.access import Actor
    from releases.models import Release


def store_manifest(release: Release, actor: Actor) -> str:
    """Store the manifest of a release that was just created, and return its digest for the journal."""
    plan = release.plan
    facts = ManifestFacts(
        version=release.version,
        target_version=release.target_version,
        kind=release.kind,
        digest=release.digest,
        baseline=str(plan.get("baseline") or ""),
        verdict=str(plan["verdict"]["overall"]),
        notes=release.notes,
        created_by=actor.name,
        created_at=release.created_at,
        components=components_of(release.manifest),
    )
    body = written(manifest_document(facts))
    stored = Manifest.objects.create(release=release, body=body, sha256=sha256_of(body), created_at=release.created_at)
    return stored.sha256
