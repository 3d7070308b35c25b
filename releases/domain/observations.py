"""Sets that were seen running: they decide nothing, and are worth knowing."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from releases.domain.rules import Severity
from releases.domain.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from releases.domain.rules import Observation, Rules
    from releases.domain.versions import Version


def observed_reasons(versions: Mapping[str, Version], rules: Rules) -> Iterator[Reason]:
    """Yield one reason for each time that exactly this set ran in a stage; none of them decides the verdict."""
    exact = set_digest({service: version.raw for service, version in versions.items()})
    for observation in sorted(rules.observations, key=lambda each: (each.began_at, each.id)):
        if observation.digest == exact:
            yield _observed(observation)


def set_digest(versions: Mapping[str, str]) -> str:
    """Name a set by the SHA-256 of its services and whole version strings, whatever their order."""
    text = json.dumps(dict(versions), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _observed(observation: Observation) -> Reason:
    failed = bool(observation.failed_probes)
    return Reason(
        code="failed-probes-together" if failed else "observed-together",
        severity=Severity.WARNING if failed else Severity.OK,
        service="",
        observed=observation.stage,
        evidence=f"observation:{observation.id}",
        text=tell(_released(observation), observation),
        decisive=False,
    )


def _released(observation: Observation) -> str:
    if not observation.released_by:
        return "Exactly this set"
    return f"Exactly this set, released together as {observation.platform_version} by {observation.released_by},"


def tell(what: str, observation: Observation) -> str:
    """Say for how long, or since when, ``what`` ran there and how it fared; the sentence does not change by itself."""
    return f"{what} {_ran(observation)} in {observation.stage}: {_health(observation)}."


def _ran(observation: Observation) -> str:
    if observation.ended_at is not None:
        return f"ran for {spell_out(observation.ended_at - observation.began_at)}"
    return f"has run since {observation.began_at:%Y-%m-%d %H:%M} UTC"


def _health(observation: Observation) -> str:
    if not observation.probes:
        return "nobody probed its services"
    if observation.failed_probes:
        return f"{observation.failed_probes} of {observation.probes} probes failed"
    return f"all {observation.probes} probes passed" if observation.probes > 1 else "the one probe passed"


def spell_out(span: timedelta) -> str:
    """Name the span in its largest whole unit, as ``13 days`` or ``2 minutes``."""
    seconds = int(span.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if count := seconds // size:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
