"""When a release's promotion ends, as far as anybody can know, and how well such forecasts came true."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypedDict

from releases import conf
from releases.domain.forecasts import Outcome, PhaseForecast, PromotionForecast, calibrate
from releases.domain.lifecycle import OPEN_PROMOTIONS, PromotionState
from releases.models import Promotion, Stage
from releases.queries.forecast_views import CalibrationPage, EndedPromotion, ForecastPanel
from releases.queries.forecasts import forecast_for, running_in

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from releases.queries.gate_views import GatePanel
    from releases.queries.release_facts import ReleaseFacts

CONSIDERED = 500
NEWEST = 20


class _Ahead(TypedDict, total=False):
    forecast: PromotionForecast | None
    eta_at: datetime | None
    latest_at: datetime | None
    left_p50_ms: int | None
    left_p90_ms: int | None
    waited_ms: int
    waiting_since: datetime | None
    waits: tuple[str, ...]


_NOTHING: _Ahead = {
    "forecast": None,
    "eta_at": None,
    "latest_at": None,
    "left_p50_ms": None,
    "left_p90_ms": None,
    "waited_ms": 0,
    "waiting_since": None,
    "waits": (),
}


def forecast_panel(facts: ReleaseFacts, upcoming: Stage | None, gates: GatePanel) -> ForecastPanel:
    """Return the forecast of the open promotion, else of the one to ``upcoming``; beside it how the last one ended."""
    promotion = facts.promotion
    if promotion is not None and PromotionState(promotion.state) in OPEN_PROMOTIONS:
        return _open(facts, promotion)
    ended = ended_promotion(promotion) if promotion else None
    if upcoming is None or not gates.stage:
        return ForecastPanel(stage="", state="none", ended=ended, **_NOTHING)
    waits = tuple(gate.text for gate in gates.gates if gate.state == "closed")
    ahead: _Ahead = {**_NOTHING, "forecast": _next(facts, upcoming), "waits": waits}
    return ForecastPanel(stage=upcoming.name, state="ahead", ended=ended, **ahead)


def _next(facts: ReleaseFacts, stage: Stage) -> PromotionForecast:
    release, running = facts.release, running_in(stage)[stage.name]
    return forecast_for(stage, release.plan["all_phases"], release.manifest, running, conf.default_timeout_ms())


def _open(facts: ReleaseFacts, promotion: Promotion) -> ForecastPanel:
    runs = PromotionState(promotion.state) is PromotionState.RUNNING
    ahead: _Ahead = {**_NOTHING, "waited_ms": promotion.waited_ms, "waiting_since": promotion.waiting_since}
    if promotion.forecast is not None:
        forecast = PromotionForecast.read(promotion.forecast)
        ahead = {**ahead, "forecast": forecast, **_rest(facts, promotion, forecast.phases[promotion.phase], runs=runs)}
    if not runs:
        ahead = {**ahead, "waits": (why_waiting(promotion),)}
    return ForecastPanel(stage=promotion.stage.name, state="running" if runs else "waiting", ended=None, **ahead)


def _rest(facts: ReleaseFacts, promotion: Promotion, phase: PhaseForecast, *, runs: bool) -> _Ahead:
    """The phase that is on its way counts from when its services were asked last."""
    if not runs:
        return {"left_p50_ms": phase.p50_ms, "left_p90_ms": phase.p90_ms}
    asked = [session.opened_at for session in facts.sessions if session.phase == promotion.phase]
    since = max(asked, default=promotion.started_at)
    middle = None if phase.p50_ms is None else since + timedelta(milliseconds=phase.p50_ms)
    return {"eta_at": middle, "latest_at": since + timedelta(milliseconds=phase.p90_ms)}


def why_waiting(promotion: Promotion) -> str:
    """Say what somebody has to do about an open promotion that does not run."""
    if PromotionState(promotion.state) is PromotionState.HELD:
        return "A service failed: somebody has to retry it, skip it or take the release back."
    return "It is paused: somebody has to resume it."


def ended_promotion(promotion: Promotion) -> EndedPromotion | None:
    """Return how a promotion ended beside its forecast; None unless it succeeded and had one."""
    if promotion.state != PromotionState.SUCCEEDED.value or promotion.forecast is None or promotion.finished_at is None:
        return None
    took = round((promotion.finished_at - promotion.started_at) / timedelta(milliseconds=1)) - promotion.waited_ms
    given = PromotionForecast.read(promotion.forecast)
    return EndedPromotion(
        release=promotion.release.version,
        version=promotion.version,
        outcome=Outcome(stage=promotion.stage.name, p50_ms=given.p50_ms, p90_ms=given.p90_ms, took_ms=max(0, took)),
        waited_ms=promotion.waited_ms,
        ended_at=promotion.finished_at,
    )


def calibration_page() -> CalibrationPage:
    """Return how the forecasts of the newest promotions came true, in a fixed number of queries."""
    newest = _newest(PromotionState.SUCCEEDED).select_related("release", "stage")
    # Where nothing had to move there was nothing to foresee.
    ended = [each for each in map(ended_promotion, newest) if each is not None and each.outcome.p90_ms]
    outcomes = [each.outcome for each in ended]
    stages = Stage.objects.order_by("position").values_list("name", flat=True)
    return CalibrationPage(
        stages=tuple(calibrate(name, outcomes) for name in stages),
        newest=tuple(ended[:NEWEST]),
        considered=len(ended),
        cancelled=_newest(PromotionState.CANCELLED).count(),
    )


def _newest(state: PromotionState) -> QuerySet[Promotion]:
    found = Promotion.objects.filter(state=state.value, forecast__isnull=False)
    return found.order_by("-finished_at", "-pk")[:CONSIDERED]
