"""The versions that the registry knows, as candidates and as choices."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from releases.domain.selection import Candidate, eligibility
from releases.domain.versions import InvalidVersion, Version, parse
from releases.models import ServiceVersion
from releases.queries.views import VersionChoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def version_rows() -> dict[str, list[ServiceVersion]]:
    """Read all registered versions by service in one query."""
    rows: defaultdict[str, list[ServiceVersion]] = defaultdict(list)
    for row in ServiceVersion.objects.select_related("service").order_by("pk"):
        rows[row.service.slug].append(row)
    return dict(rows)


def candidate(row: ServiceVersion) -> Candidate:
    """Return the row as the resolver sees it."""
    return Candidate(
        version_raw=row.version,
        registry_status=row.registry_status,
        release_status=row.release_status,
        stage=row.registry_stage,
        tag=row.tag,
    )


def eligible_versions(*, admit_prereleases: bool = False) -> dict[str, list[Version]]:
    """Return what may be proposed as a fix, by service."""
    return {
        service: [
            parse(row.version) for row in rows if not eligibility(candidate(row), admit_prereleases=admit_prereleases)
        ]
        for service, rows in version_rows().items()
    }


def version_choices(rows: Iterable[ServiceVersion], *, admit_prereleases: bool = False) -> tuple[VersionChoice, ...]:
    """Sort newest first by precedence, strings that are no version last, each with why it may not be taken."""
    return tuple(_choice(row, admit_prereleases=admit_prereleases) for row in newest_first(list(rows)))


def newest_first(rows: Sequence[ServiceVersion]) -> list[ServiceVersion]:
    """Sort by SemVer precedence, highest first; what is no version comes last, by name."""
    valid = [(row, _parsed(row.version)) for row in rows]
    ordered = sorted(
        ((row, version) for row, version in valid if version is not None),
        key=lambda pair: (pair[1].key, pair[1].raw),
        reverse=True,
    )
    invalid = sorted((row for row, version in valid if version is None), key=lambda row: row.version)
    return [row for row, _ in ordered] + invalid


def _parsed(raw: str) -> Version | None:
    try:
        return parse(raw)
    except InvalidVersion:
        return None


def _choice(row: ServiceVersion, *, admit_prereleases: bool) -> VersionChoice:
    why_not = eligibility(candidate(row), admit_prereleases=admit_prereleases)
    return VersionChoice(
        version=row.version,
        tag=row.tag,
        release_status=row.release_status,
        stage=row.registry_stage,
        eligible=not why_not,
        why_not=why_not,
        registered_at=row.registered_at,
    )
