"""The versions that the registry knows, as candidates and as choices."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from releases.domain.selection import QUARANTINE, Candidate, eligibility
from releases.domain.versions import parse
from releases.models import ServiceVersion
from releases.queries.views import VersionChoice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from releases.domain.versions import Version


def version_rows() -> dict[str, list[ServiceVersion]]:
    """Read all registered versions by service, newest first, in one query."""
    rows: defaultdict[str, list[ServiceVersion]] = defaultdict(list)
    for row in ServiceVersion.objects.select_related("service").order_by("service", "-sort_key", "-version"):
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


def quarantined_versions() -> defaultdict[str, set[str]]:
    """Return the versions that nobody may run again, by service, whoever put them in quarantine; one query."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    rows = ServiceVersion.objects.filter(tag__iexact=QUARANTINE)
    for service, version in rows.values_list("service__slug", "version"):
        found[service].add(version)
    return found


def version_choices(rows: Iterable[ServiceVersion], *, admit_prereleases: bool = False) -> tuple[VersionChoice, ...]:
    """Sort newest first by precedence, strings that are no version last, each with why it may not be taken."""
    return tuple(_choice(row, admit_prereleases=admit_prereleases) for row in newest_first(rows))


def newest_first(rows: Iterable[ServiceVersion]) -> list[ServiceVersion]:
    """Sort by the stored precedence, highest first; what is no version comes last."""
    return sorted(rows, key=lambda row: (bytes(row.sort_key), row.version), reverse=True)


def _choice(row: ServiceVersion, *, admit_prereleases: bool) -> VersionChoice:
    why_not = eligibility(candidate(row), admit_prereleases=admit_prereleases)
    return VersionChoice(
        version=row.version,
        tag=row.tag,
        release_status=row.release_status,
        stage=row.registry_stage,
        eligible=not why_not,
        why_not=why_not,
        notes=row.notes,
        irreversible=row.irreversible,
        registered_at=row.registered_at,
    )
