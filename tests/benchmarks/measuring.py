"""CPU time of one thing beside another in the same run: on a shared machine only the ratio means anything."""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``ratio`` is ours divided by the other; without a ``target`` it is only worth knowing."""

    name: str
    ours: float
    against: str
    other: float
    target: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.other

    @property
    def is_missed(self) -> bool:
        return self.target is not None and self.ratio > self.target

    def __str__(self) -> str:
        wanted = "" if self.target is None else f"{'MISSED' if self.is_missed else 'ok'} (at most {self.target:g})"
        return (
            f"{self.name:<44} {self.ours * 1000:>9.1f} ms  {self.against:<36} {self.other * 1000:>9.1f} ms"
            f"  {self.ratio:>7.2f}  {wanted}"
        ).rstrip()


def least_seconds(contenders: Mapping[str, Callable[[], object]], *, rounds: int = ROUNDS) -> dict[str, float]:
    """Let all take turns, and keep each one's best round."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, run in contenders.items():
            began = process_time()
            run()
            seconds = process_time() - began
            best[name] = min(seconds, best.get(name, seconds))
    return best
