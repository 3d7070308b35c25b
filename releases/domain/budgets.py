"""How long a search may go on: so many nodes and so many seconds, whichever ends first."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NODES = 5000
SECONDS = 2.0


class BudgetSpent(Exception):
    """The search must stop here; what it knows so far proves nothing."""


def standing_still() -> float:
    """Stand in for a clock where only the nodes are to count."""
    return 0.0


@dataclass(slots=True, kw_only=True)
class Budget:
    """One allowance for everything that is worked out for one answer; ``clock`` gives seconds that only ever grow."""

    nodes: int = NODES
    seconds: float = SECONDS
    clock: Callable[[], float] = standing_still
    spent: int = 0
    _began: float = field(init=False)
    _shares: list[tuple[int, float]] = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._shares = [(self.nodes, self._began + self.seconds)]

    def take_node(self) -> None:
        """Count one node; raises ``BudgetSpent`` instead of counting one too many."""
        if self.spent >= self._shares[-1][0]:
            raise BudgetSpent
        self.check_time()
        self.spent += 1

    def check_time(self) -> None:
        """Raise ``BudgetSpent`` when the seconds are over."""
        if self.clock() >= self._shares[-1][1]:
            raise BudgetSpent

    @contextmanager
    def holding_back(self, part: float) -> Iterator[None]:
        """Keep this part of what is left for later: inside, the rest is all there is."""
        nodes, ends_at = self._shares[-1]
        now = self.clock()
        self._shares.append((self.spent + int((nodes - self.spent) * (1 - part)), now + (ends_at - now) * (1 - part)))
        try:
            yield
        finally:
            self._shares.pop()
