"""What pages and the API show of validations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.validation import RunState

if TYPE_CHECKING:
    from datetime import datetime

    from releases.domain.validation import StepResult
    from releases.queries.views import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationPanel:
    """``control`` validates in ``stage``, the last one reached; ``stages`` begins with it and goes back in time."""

    control: Control
    stage: str
    stages: tuple[ValidationView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioView:
    """``outcome`` is empty while the run is on its way and this scenario is part of it."""

    scenario: str
    name: str
    required: bool
    outcome: str
    message: str
    duration_ms: int
    measured_ms: int | None
    steps: tuple[StepResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationView:
    """The newest validation of a release in one stage.

    ``state`` is ``not_configured`` (no target, or nothing that was required could run), ``not_run``, ``requested``,
    ``passed``, ``failed`` or ``error``; only ``passed`` is good.
    """

    stage: str
    version: str
    state: str
    message: str
    is_configured: bool
    requested_by: str
    requested_at: datetime | None
    finished_at: datetime | None
    scenarios: tuple[ScenarioView, ...]

    @property
    def has_passed(self) -> bool:
        return self.state == RunState.PASSED
