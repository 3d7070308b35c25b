"""The numbers of releasing as tiles: a name, a value, what it means, and what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.display.durations import duration
from releases.domain.objectives import Objective

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from releases.domain.dora import Dora
    from releases.domain.objectives import Measure
    from releases.queries.metric_views import Metrics

UNSAID = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """``detail`` says what the value was counted from, ``before`` what it was in the period before."""

    name: str
    value: str
    detail: str
    meaning: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveLine:
    name: str
    meaning: str
    status: str
    attained: str
    target: str
    counted: str
    budget: str


def tiles(found: Metrics) -> tuple[Tile, ...]:
    """Word the five metrics."""
    now, before = found.dora, found.dora_before
    return tuple(
        Tile(
            name=name,
            value=value(now),
            detail=detail(now),
            meaning=meaning.format(stage=found.stage),
            before=value(before),
        )
        for name, value, detail, meaning in _TILES
    )


def _per_week(found: Dora) -> str:
    return f"{found.per_week:.1f} a week" if found.deployments else UNSAID


def _span(span: timedelta | None) -> str:
    return UNSAID if span is None else duration(span)


def percent(part: float | None) -> str:
    """Write a part of 1, never rounded up to all of it: 0.9999 reads ``99.9 %``."""
    if part is None:
        return UNSAID
    shown = int(part * 1000 + 1e-9) / 10
    return f"{shown:g} %"


def _of(count: int, total: int, noun: str) -> str:
    return f"{count} of {total} {noun}{'' if total == 1 else 's'}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


_TILES: tuple[tuple[str, Callable[[Dora], str], Callable[[Dora], str], str], ...] = (
    (
        "Deployment frequency",
        _per_week,
        lambda found: _counted(found.deployments, "deployment", "deployments"),
        "Releases that arrived in {stage}; going back counts as none.",
    ),
    (
        "Lead time",
        lambda found: _span(found.lead_time),
        lambda found: f"median of {found.deployments}",
        "From planning a release until it is live in {stage}.",
    ),
    (
        "Change failure rate",
        lambda found: percent(found.change_failure_rate),
        lambda found: _of(found.failed, found.changes, "change"),
        "Changes of {stage} that were taken back or mended by a hotfix.",
    ),
    (
        "Recovery time",
        lambda found: _span(found.recovery_time),
        lambda found: f"median of {_counted(found.recoveries, 'recovery', 'recoveries')}",
        "From deciding on a rollback or hotfix until it is live in {stage}.",
    ),
    (
        "Rework rate",
        lambda found: percent(found.rework_rate),
        lambda found: _of(found.reworks, found.deployments, "deployment"),
        "Deployments to {stage} that nobody had planned: hotfixes.",
    ),
)
_OBJECTIVES = {
    Objective.AVAILABILITY: (
        "The platform serves",
        "Time in which it was not unhealthy, of the time it was looked at.",
    ),
    Objective.STEPS: (
        "Services do as they are asked",
        "Orders that succeeded, of those nobody cancelled or skipped.",
    ),
    Objective.PUNCTUALITY: ("Sessions close in time", "Fan-outs that closed at most 2 s after their deadline."),
    Objective.DELIVERIES: ("Messages arrive", "Messages to inboxes, webhooks and channels that were taken."),
}


def objective_line(found: Measure) -> ObjectiveLine:
    """Word one objective."""
    name, meaning = _OBJECTIVES[found.objective]
    timed = found.objective is Objective.AVAILABILITY
    counted = f"{_time(found.good)} of {_time(found.total)}" if timed else f"{found.good:g} of {found.total:g}"
    return ObjectiveLine(
        name=name,
        meaning=meaning,
        status=found.status.value,
        attained=percent(found.attained),
        target=percent(found.target),
        counted=counted if found.total else "nothing to count",
        budget=_budget(found),
    )


def _time(seconds: float) -> str:
    whole = int(seconds)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole / size:.1f} {unit}"
    return f"{whole} s"


def _budget(found: Measure) -> str:
    left = found.budget_left
    if left is None:
        return UNSAID
    return f"{percent(left)} left" if left >= 0 else "used up"
