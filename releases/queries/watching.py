"""What the probes say of a release after it has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.promises import ProbeOutcome
from releases.models import ProbeResult, ProbeRound
from releases.queries.probes import planned_probes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from releases.models import Stage

_BAD = [ProbeOutcome.FAILED.value, ProbeOutcome.ERROR.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Probes since a moment; ``last_asked_at`` is when the newest round that is over was asked for, None before one."""

    passed: int
    failures: tuple[str, ...]
    last_asked_at: datetime | None


def is_watchable(stage: Stage) -> bool:
    """Tell whether there is anything to probe in this stage."""
    return any(each.stage_id == stage.pk and each.url for each in planned_probes())


def watched(stage: Stage, manifest: Mapping[str, str], since: datetime) -> Watched:
    """Return what rounds that began after ``since`` heard of these versions in this stage."""
    rounds = ProbeRound.objects.filter(requested_at__gte=since, finished_at__isnull=False).order_by("-requested_at")
    results = [
        result
        for result in ProbeResult.objects.filter(round__in=rounds, stage=stage)
        .select_related("service", "contract")
        .order_by("pk")
        if manifest.get(result.service.slug) == result.version
    ]
    newest = rounds.first()
    return Watched(
        passed=sum(result.outcome == ProbeOutcome.PASSED.value for result in results),
        failures=tuple(_failure(result) for result in results if result.outcome in _BAD),
        last_asked_at=newest.requested_at if newest else None,
    )


def _failure(result: ProbeResult) -> str:
    what = f"{result.service.slug} {result.version} failed its {result.contract.probe} probe"
    return f"{what}: {result.message}."
