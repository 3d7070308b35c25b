"""How well forecasts came true."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from ninja import Router

from releases.api.forecast_answers import CalibrationPageAnswer
from releases.queries.forecast_panel import calibration_page

if TYPE_CHECKING:
    from releases.queries.forecast_views import CalibrationPage

router = Router(tags=["forecasts"])


@router.get("/forecasts/calibration", response=CalibrationPageAnswer)
def calibration(request: HttpRequest) -> CalibrationPage:
    """Of the newest promotions that succeeded, how many ended within the forecast that was given at their start."""
    return calibration_page()
