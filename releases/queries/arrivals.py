"""When a train's release arrives in its last stage, as far as anybody can know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Max

from releases import conf
from releases.domain.gates import GateKind
from releases.domain.lifecycle import OPEN_PROMOTIONS, PromotionState
from releases.domain.trains import PASSED_STEPS, TrainPhase, TrainState, TrainStepState
from releases.queries.forecast_panel import why_waiting
from releases.queries.forecasts import forecast_through
from releases.queries.paths import stages_of
from releases.queries.promotability import gates_now, release_verdict
from releases.queries.rules import declared_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from releases.domain.forecasts import PromotionForecast
    from releases.domain.gates import Gate
    from releases.models import Promotion, Release, Stage, Train, TrainStep

_ON_ITS_WAY = {TrainState.DEPARTED.value, TrainState.HELD.value}
_OPEN = [state.value for state in OPEN_PROMOTIONS]
_BY_THE_CLOCK = {GateKind.FREEZE, GateKind.SOAK}
_NOT_YET = "When it arrives is foreseen once it has departed and has its release."
_OVER = {
    TrainState.ARRIVED.value: "It has arrived.",
    TrainState.FAILED.value: "It failed, so it goes no further.",
    TrainState.CANCELLED.value: "It was cancelled, so it goes no further.",
}
_UNFORESEEN = {TrainPhase.BUILD.value: "its build", TrainPhase.TESTING.value: "its tests"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the services still need until ``stage``, the last one, runs the train's release: all of ``left`` together.

    Where a promotion runs and nothing else is in the way, they are done at ``eta_at`` as likely as not, and by
    ``latest_at`` in nine of ten cases. Else only how long they take is known. In the stages ``untried`` some of them
    never ran. ``people`` and ``clock`` say what has to happen besides, ``uncounted`` names what nobody foresees.
    """

    stage: str
    left: tuple[str, ...]
    forecast: PromotionForecast
    eta_at: datetime | None
    latest_at: datetime | None
    untried: tuple[str, ...]
    people: tuple[str, ...]
    clock: tuple[str, ...]
    uncounted: tuple[str, ...]


def arrival_of(train: Train, steps: Sequence[TrainStep]) -> Arrival | None:
    """Return what is foreseen; None before the train has its release, and once it has arrived or gone no further."""
    if train.release is None or train.state not in _ON_ITS_WAY:
        return None
    release, left = train.release, _left(train.release)
    if not left:
        return None
    promotion = release.promotions.filter(state__in=_OPEN).select_related("stage").first()
    forecast = _forecast(release, left, promotion)
    people, clock = _waits(train, left, promotion)
    uncounted = tuple(_UNFORESEEN[step.phase] for step in steps if step.phase in _UNFORESEEN and not _is_passed(step))
    since = None if people or clock or uncounted else _since(promotion)
    unknown = {name.rpartition(" in ")[2] for name in forecast.unknown}
    return Arrival(
        stage=left[-1].name,
        left=tuple(stage.name for stage in left),
        forecast=forecast,
        eta_at=_after(since, forecast.p50_ms),
        latest_at=_after(since, forecast.p90_ms),
        untried=tuple(stage.name for stage in left if stage.name in unknown),
        people=people,
        clock=clock,
        uncounted=uncounted,
    )


def why_no_arrival(train: Train) -> str:
    """Return, for a train of which no arrival is foreseen, why that is so."""
    if train.state in _OVER:
        return _OVER[train.state]
    return _NOT_YET if train.release is None else "Its release runs in every stage of its way already."


def _left(release: Release) -> list[Stage]:
    found = release.promotions.filter(state=PromotionState.SUCCEEDED.value, rolled_back_at=None)
    reached = set(found.values_list("stage_id", flat=True))
    return [stage for stage in stages_of(release) if stage.pk not in reached]


def _forecast(release: Release, left: Sequence[Stage], promotion: Promotion | None) -> PromotionForecast:
    way = dict.fromkeys(left, release.plan["all_phases"])
    if promotion is not None:
        way[promotion.stage] = promotion.phases[promotion.phase :]
    return forecast_through(way, release.manifest, conf.default_timeout_ms())


def _waits(train: Train, left: Sequence[Stage], promotion: Promotion | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what people have to do, and what only time brings."""
    people = ["The train is held: somebody has to resume it."] if train.state == TrainState.HELD.value else []
    if promotion is not None and promotion.state != PromotionState.RUNNING.value:
        people.append(f"{promotion.stage.name}: {why_waiting(promotion)}")
    closed = [gate for gate in _gates(train, left, promotion) if gate.refuses]
    people += [gate.text for gate in closed if gate.kind not in _BY_THE_CLOCK]
    return tuple(people), tuple(gate.text for gate in closed if gate.kind in _BY_THE_CLOCK)


def _gates(train: Train, left: Sequence[Stage], promotion: Promotion | None) -> Iterator[Gate]:
    """Yield the gates that are still ahead: those of a stage that it has set out for are behind it."""
    assert train.release is not None  # noqa: S101 (nothing is foreseen of a train without one)
    rules = declared_rules()
    for stage in left:
        if promotion is None or stage != promotion.stage:
            yield from gates_now(train.release, stage, release_verdict(train.release, stage, rules))


def _is_passed(step: TrainStep) -> bool:
    return TrainStepState(step.state) in PASSED_STEPS


def _since(promotion: Promotion | None) -> datetime | None:
    """Return when the services of the phase that runs were asked last."""
    if promotion is None:
        return None
    asked = promotion.sessions.filter(phase=promotion.phase).aggregate(last=Max("opened_at"))["last"]
    return asked or promotion.started_at


def _after(since: datetime | None, duration_ms: int | None) -> datetime | None:
    if since is None or duration_ms is None:
        return None
    return since + timedelta(milliseconds=duration_ms)
