"""A clock that the machine moves: every module that asks the database for the time asks this one instead."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from releases.queries import clock

if TYPE_CHECKING:
    import pytest

TICK = timedelta(milliseconds=1)


class SteeredClock:
    """Stands still between two looks but for a millisecond, so that what happened later also reads as later."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        self.time += TICK
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def steer(monkeypatch: pytest.MonkeyPatch) -> SteeredClock:
    """Put a steered clock wherever the product imported its own."""
    real, steered = clock.database_now, SteeredClock()
    asking = [
        module
        for name, module in sys.modules.items()
        if name.startswith("releases.") and vars(module).get("database_now") is real
    ]
    for module in asking:
        monkeypatch.setattr(module, "database_now", steered.now)
    return steered
