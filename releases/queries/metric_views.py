"""What the page of metrics shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from releases.domain.dora import Dora
    from releases.domain.objectives import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """``days`` up to now, and the same number of days before them; ``stage`` is the last one."""

    days: int
    since: datetime
    until: datetime
    stage: str
    dora: Dora
    dora_before: Dora
    objectives: tuple[Measure, ...]

    @property
    def has_changes(self) -> bool:
        return bool(self.dora.changes or self.dora.recoveries or self.dora_before.changes)
