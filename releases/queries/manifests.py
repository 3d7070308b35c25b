"""Manifests as they were stored, and what a new one is made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from releases.domain.errors import NotFound
from releases.domain.manifests import Component, sha256_of
from releases.models import Manifest, Service, ServiceVersion
from releases.queries.labels import label_and_release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.models import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationView:
    """One application of a manifest, and how much AppTrust lists in it; None for what the board had not read."""

    service: str
    version: str
    sources: int | None
    releasables: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestView:
    """A stored manifest; ``is_intact`` is whether its characters still have the digest that was noted with them."""

    sha256: str
    is_derived: bool
    is_intact: bool
    document: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def yaml(self) -> str:
        return yaml.safe_dump(self.document, sort_keys=False, allow_unicode=True)

    @property
    def applications(self) -> tuple[ApplicationView, ...]:
        return tuple(
            ApplicationView(
                service=str(each["service"]),
                version=str(each["version"]),
                sources=_count(each["sources"]),
                releasables=_count(each["releasables"]),
            )
            for each in self.document["applications"]
        )

    @property
    def described(self) -> int:
        """How many applications it names the releasables of."""
        return sum(each.releasables is not None for each in self.applications)


def _count(items: list[Any] | None) -> int | None:
    return None if items is None else len(items)


def manifest_of(version: str) -> ManifestView:
    """Return the manifest of the release that carries this label; the same whichever of its labels is named."""
    _, release = label_and_release(version)
    found = manifest_view(release)
    if found is None:
        raise NotFound(f"{release.version} was created without a manifest.")
    return found


def manifest_view(release: Release) -> ManifestView | None:
    """Return a release's manifest, None for one that has none."""
    stored = Manifest.objects.filter(release=release).first()
    if stored is None:
        return None
    return ManifestView(
        sha256=stored.sha256,
        is_derived=stored.is_derived,
        is_intact=sha256_of(stored.body) == stored.sha256,
        document=json.loads(stored.body),
    )


def components_of(versions: Mapping[str, str]) -> tuple[Component, ...]:
    """Return what the board knows of these versions; a service maps to its version."""
    keys = dict(Service.objects.values_list("slug", "application_key"))
    registered = {
        (row.service.slug, row.version): row
        for row in ServiceVersion.objects.filter(
            service__slug__in=versions, version__in=set(versions.values())
        ).select_related("service", "content")
    }
    return tuple(
        _component(slug, keys[slug], version, registered.get((slug, version))) for slug, version in versions.items()
    )


def _component(slug: str, key: str, version: str, row: ServiceVersion | None) -> Component:
    content = getattr(row, "content", None)
    return Component(
        service=slug,
        application_key=key,
        version=version,
        stage=row.registry_stage if row else "",
        sources=content.sources if content else None,
        releasables=content.releasables if content else None,
    )
