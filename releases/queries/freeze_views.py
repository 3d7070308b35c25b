"""What pages and the API show of the freezes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from releases.queries.views import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeView:
    """``by`` is empty where nobody knows who declared it; ``in_flight`` is ``finish`` or ``pause``."""

    id: int
    stage: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    by: str
    in_flight: str
    is_on: bool
    lift: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezePanel:
    """What is frozen, and the stages that whoever looks may freeze, perhaps all at once."""

    stages: tuple[str, ...]
    all_stages: bool
    freezes: tuple[FreezeView, ...]
    freeze: Control

    @property
    def liftable(self) -> tuple[FreezeView, ...]:
        return tuple(freeze for freeze in self.freezes if freeze.lift.allowed)
