"""Service level objectives: what part of the good there was in a period, and how much of the bad is still allowed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.health import Health

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Objective(StrEnum):
    AVAILABILITY = "availability"
    STEPS = "steps"
    PUNCTUALITY = "punctuality"
    DELIVERIES = "deliveries"


# Parts of 1 that have to be good.
TARGETS = {
    Objective.AVAILABILITY: 0.995,
    Objective.STEPS: 0.95,
    Objective.PUNCTUALITY: 0.99,
    Objective.DELIVERIES: 0.99,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """``good`` of ``total``, in whatever is counted."""

    objective: Objective
    good: float
    total: float

    @property
    def target(self) -> float:
        return TARGETS[self.objective]

    @property
    def attained(self) -> float | None:
        """The good part; None where there was nothing to count."""
        return self.good / self.total if self.total else None

    @property
    def budget_left(self) -> float | None:
        """Part of the allowed bad that is left; below 0 when more was bad than is allowed."""
        return None if self.attained is None else 1 - (1 - self.attained) / (1 - self.target)

    @property
    def status(self) -> Health:
        if self.attained is None:
            return Health.UNKNOWN
        return Health.HEALTHY if self.attained >= self.target else Health.UNHEALTHY


def available_seconds(
    spans: Iterable[tuple[str, datetime, datetime]], *, since: datetime, until: datetime
) -> tuple[float, float]:
    """Return for how long the platform was known to serve, of how long anything was known of it at all.

    ``spans`` are a status with its first look and its last. A degraded platform serves; an unhealthy one does not.
    """
    good = total = 0.0
    for status, began_at, ended_at in spans:
        lasted = (min(ended_at, until) - max(began_at, since)).total_seconds()
        if status == Health.UNKNOWN or lasted <= 0:
            continue
        total += lasted
        good += lasted if status != Health.UNHEALTHY else 0
    return good, total
