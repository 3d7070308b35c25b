"""How long to wait before something is tried again: longer after each try in vain, and never all at once."""

from __future__ import annotations

from dataclasses import dataclass

SPREAD = 0.2


@dataclass(frozen=True, slots=True)
class Backoff:
    """The seconds to wait after the first try in vain, after the second, and so on; the last ones stay."""

    steps: tuple[float, ...]

    def seconds(self, tries: int, *, spread: float, retry_after: float | None = None) -> float:
        """Seconds until the next try after ``tries`` in vain; ``spread`` in [-1, 1] scatters them by a fifth."""
        step = self.steps[min(max(tries, 1), len(self.steps)) - 1]
        return max(step * (1 + SPREAD * spread), retry_after or 0.0)


# Of orders and messages, for which somebody waits.
SENDING = Backoff((1.0, 2.0, 4.0, 8.0, 15.0, 30.0))
# Of what only has to be known some day.
READING = Backoff((15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0))
