"""What was measured beside what is promised."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One number; ``most`` and ``least`` are what was promised of it, and without them it is only worth knowing."""

    name: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def is_missed(self) -> bool:
        """Tell whether a promise was broken; a number that could not be measured breaks every one."""
        return (
            not (-inf if self.least is None else self.least) <= self.value <= (inf if self.most is None else self.most)
        )

    @property
    def wanted(self) -> str:
        bounds = [f"at most {self.most:g}" if self.most is not None else ""]
        bounds += [f"at least {self.least:g}" if self.least is not None else ""]
        return " and ".join(bound for bound in bounds if bound)

    def __str__(self) -> str:
        judgement = f"{'MISSED' if self.is_missed else 'ok'} ({self.wanted})" if self.wanted else ""
        return f"{self.name:<66} {self.value:>10.3f} {self.unit:<4} {judgement}".rstrip()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that this share of all does not exceed; of none it is not a number."""
    if not values:
        return float("nan")
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
