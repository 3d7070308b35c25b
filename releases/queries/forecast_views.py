"""What pages and the API show of how long promotions take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from releases.domain.forecasts import Calibration, Outcome, PromotionForecast


@dataclass(frozen=True, slots=True, kw_only=True)
class StageForecast:
    """What a plan may expect of one stage; ``waits`` are sentences about what is no service's time."""

    stage: str
    forecast: PromotionForecast
    waits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedPromotion:
    """A promotion that succeeded, beside the forecast that was given when it started."""

    release: str
    version: str
    outcome: Outcome
    waited_ms: int
    ended_at: datetime

    @property
    def state(self) -> str:
        """How it came true, as one of the board's states."""
        if self.outcome.within_p50:
            return "within_p50"
        return "within_p90" if self.outcome.within_p90 else "past_p90"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPanel:
    """The open promotion of a release, or else its next one; ``state`` is ahead, running, waiting or none.

    ``forecast`` is the one given at the start, or the present one where it has not begun. While it runs it ends at
    ``eta_at`` as likely as not, and by ``latest_at`` in nine of ten cases. While it waits for somebody the services
    need ``left_p50_ms`` to ``left_p90_ms`` once it goes on. ``waits`` says what people or the clock have to do.
    """

    stage: str
    state: str
    forecast: PromotionForecast | None
    eta_at: datetime | None
    latest_at: datetime | None
    left_p50_ms: int | None
    left_p90_ms: int | None
    waited_ms: int
    waiting_since: datetime | None
    waits: tuple[str, ...]
    ended: EndedPromotion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPage:
    """How forecasts came true in each stage, the newest promotions one by one, and how many ended otherwise."""

    stages: tuple[Calibration, ...]
    newest: tuple[EndedPromotion, ...]
    considered: int
    cancelled: int
