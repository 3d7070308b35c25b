"""Forecasts of promotions as the API answers them."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema

from releases.api.plan_answers import PromotionForecastAnswer


class OutcomeAnswer(Schema):
    """What was foreseen at the start, and the services' time that it took; ``p50_ms`` is null where none was dared."""

    stage: str
    p50_ms: int | None
    p90_ms: int
    took_ms: int
    within_p50: bool
    within_p90: bool


class EndedPromotionAnswer(Schema):
    """``waited_ms`` is how long the promotion was held or paused, which ``outcome`` leaves out."""

    release: str
    version: str
    outcome: OutcomeAnswer
    waited_ms: int
    ended_at: datetime


class ForecastPanelAnswer(Schema):
    """When the open promotion ends, or how long the next will take; ``state`` is ahead, running, waiting or none.

    ``eta_at`` is as likely too early as too late, ``latest_at`` holds in nine of ten cases; both are null unless it is
    running. ``left_p50_ms`` and ``left_p90_ms`` are what the services need once somebody lets it go on.
    """

    stage: str
    state: str
    forecast: PromotionForecastAnswer | None
    eta_at: datetime | None
    latest_at: datetime | None
    left_p50_ms: int | None
    left_p90_ms: int | None
    waited_ms: int
    waiting_since: datetime | None
    waits: list[str]
    ended: EndedPromotionAnswer | None


class ArrivalAnswer(Schema):
    """What the services still need until ``stage``, the last, runs a train's release: ``left`` names the stages ahead.

    ``eta_at`` is as likely too early as too late, ``latest_at`` holds in nine of ten cases. Both are null where more
    than services is waited for: ``people`` and the ``clock``, in sentences, and what is ``uncounted``; no forecast
    counts them. In the stages ``untried`` some services never ran, so that their timeout is the bound.
    """

    stage: str
    left: list[str]
    forecast: PromotionForecastAnswer
    eta_at: datetime | None
    latest_at: datetime | None
    untried: list[str]
    people: list[str]
    clock: list[str]
    uncounted: list[str]


class CalibrationAnswer(Schema):
    """Of ``ended`` promotions that succeeded, how many took no longer than was foreseen at their start."""

    stage: str
    ended: int
    with_p50: int
    within_p50: int
    within_p90: int
    p50_percent: int | None
    p90_percent: int | None


class CalibrationPageAnswer(Schema):
    """``cancelled`` promotions never ended, so they are not among those ``considered``."""

    stages: list[CalibrationAnswer]
    newest: list[EndedPromotionAnswer]
    considered: int
    cancelled: int
