"""Which versions were seen running: in which sets, where, and for how long."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from releases.models import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from releases.domain import rules
    from releases.domain.version_evidence import Sightings


def sightings_of(observed: Iterable[rules.Observation]) -> Sightings:
    """Return, by service and version, the observations whose sets hold it; reads their manifests in one query."""
    by_id = {each.id: each for each in observed}
    seen: defaultdict[str, defaultdict[str, list[rules.Observation]]] = defaultdict(lambda: defaultdict(list))
    oldest = min(by_id, default=0)
    for number, manifest in Observation.objects.filter(pk__gte=oldest).values_list("pk", "manifest"):
        if number in by_id:
            for service, version in manifest.items():
                seen[service][version].append(by_id[number])
    return {
        service: {version: tuple(found) for version, found in versions.items()} for service, versions in seen.items()
    }
