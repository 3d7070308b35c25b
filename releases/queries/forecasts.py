"""How long promotions have taken, and how long the next ones will."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from releases import conf
from releases.domain import forecasts
from releases.domain.documents import forecast_document, plan_document
from releases.domain.forecasts import PromotionForecast, foresee
from releases.domain.lifecycle import SlotState
from releases.models import Deployment, Promotion, PromotionStep, Stage
from releases.queries.forecast_views import StageForecast
from releases.queries.paths import on_the_way

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from django.db.models import QuerySet

    from releases.domain.documents import Document
    from releases.domain.plans import Plan

REMEMBERED = 10
LOOKED_AT = 200
MS = 1_000
Runs = dict[str, dict[str, list[int]]]


def step_durations() -> dict[str, int]:
    """Milliseconds by service: the median of the last attempts of its last ten steps that succeeded."""
    newest_first = Window(RowNumber(), partition_by=F("service_id"), order_by=(F("finished_at").desc(), F("pk").desc()))
    remembered = (
        _succeeded().annotate(age=newest_first, took=F("finished_at") - F("started_at")).filter(age__lte=REMEMBERED)
    )
    found: defaultdict[str, list[int]] = defaultdict(list)
    for service, took in remembered.values_list("service__slug", "took"):
        found[service].append(_milliseconds(took))
    return {service: round(median(durations)) for service, durations in found.items()}


def _milliseconds(duration: timedelta) -> int:
    return max(0, round(duration.total_seconds() * MS))


def _succeeded() -> QuerySet[PromotionStep]:
    return PromotionStep.objects.filter(
        state=SlotState.SUCCEEDED.value, started_at__isnull=False, finished_at__isnull=False
    )


def past_runs(*stages: Stage) -> Runs:
    """Milliseconds by stage and service: the last attempts of its last steps there that succeeded, newest first.

    Only the newest promotions of each stage are looked at, so that a long history costs nothing.
    """
    return {stage.name: _past_runs(stage) for stage in stages}


def _past_runs(stage: Stage) -> dict[str, list[int]]:
    newest = Promotion.objects.filter(stage=stage).order_by("-pk").values("pk")[:LOOKED_AT]
    ordered = _succeeded().filter(promotion__in=newest).order_by("-finished_at", "-pk")
    found: defaultdict[str, list[int]] = defaultdict(list)
    for service, began, ended in ordered.values_list("service__slug", "started_at", "finished_at"):
        if began and ended and len(found[service]) < forecasts.REMEMBERED:
            found[service].append(_milliseconds(ended - began))
    return found


def forecast_for(
    stage: Stage,
    phases: Sequence[Sequence[str]],
    versions: Mapping[str, str],
    running: Mapping[str, str],
    timeout_ms: int,
) -> PromotionForecast:
    """Foresee a promotion of these versions to a stage that runs those; what is there already takes no time."""
    return foresee(_moving(phases, versions, running), past_runs(stage)[stage.name], timeout_ms)


def forecast_through(
    way: Mapping[Stage, Sequence[Sequence[str]]], versions: Mapping[str, str], timeout_ms: int
) -> PromotionForecast:
    """Foresee promotions of these versions to one stage after the other as if they were one.

    ``way`` has the phases that are left in each; a service is named with its stage there, as in ``web in QA``.
    """
    past, running = past_runs(*way), running_in(*way)
    phases = [
        [f"{service} in {stage.name}" for service in phase]
        for stage, left in way.items()
        for phase in _moving(left, versions, running[stage.name])
    ]
    runs = {f"{service} in {stage}": took for stage, found in past.items() for service, took in found.items()}
    return foresee(phases, runs, timeout_ms)


def _moving(
    phases: Sequence[Sequence[str]], versions: Mapping[str, str], running: Mapping[str, str]
) -> list[list[str]]:
    return [[name for name in phase if running.get(name) != versions.get(name)] for phase in phases]


def running_in(*stages: Stage) -> dict[str, dict[str, str]]:
    """Return the versions that run, by stage and service."""
    found: dict[str, dict[str, str]] = {stage.name: {} for stage in stages}
    rows = Deployment.objects.filter(stage__in=stages).values_list("stage__name", "service__slug", "version")
    for stage, service, version in rows:
        found[stage][service] = version
    return found


def stage_forecasts(plan: Plan) -> tuple[StageForecast, ...]:
    """Foresee every stage on a plan's way, in a fixed number of queries; nothing where there is no order."""
    if not plan.all_phases:
        return ()
    stages = on_the_way(Stage.objects.order_by("position"), plan.path)
    runs, running = past_runs(*stages), running_in(*stages)
    timeout = conf.default_timeout_ms()
    found = []
    for stage in stages:
        moving = _moving(plan.all_phases, plan.versions, running[stage.name])
        forecast = foresee(moving, runs[stage.name], timeout)
        waits = tuple(gate.text.rstrip(".") for gate in plan.gates if gate.stage == stage.name)
        found.append(StageForecast(stage=stage.name, forecast=forecast, waits=waits))
    return tuple(found)


def foreseen_document(plan: Plan) -> Document:
    """Return the plan as the API and the commands answer it, with what each stage on its way will take."""
    document = plan_document(plan)
    if plan.forecast:
        stages = stage_forecasts(plan)
        document["forecast"] = {**forecast_document(plan.forecast), "stages": [_document(stage) for stage in stages]}
    return document


def _document(foreseen: StageForecast) -> Document:
    document = asdict(foreseen)
    document["forecast"]["basis"] = foreseen.forecast.basis
    return document
