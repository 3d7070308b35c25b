"""Does what the environment asks of this process: to die at a point, and to have a bug."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from tests.chaos.app.hooks import hooked
from tests.chaos.app.wishes import BUG, HITS, POINT, read_points
from tests.chaos.bugs import BUGS
from tests.chaos.bugs.planting import planted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STACK = ExitStack()


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """Points at which a process dies, each with the visit, from 1, that is its last."""

    last_visits: Mapping[str, int]
    die: Callable[[str], None]
    _visits: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def reached(self, point: str) -> None:
        """Count a visit; does not return from the last one."""
        if point not in self.last_visits:
            return
        with self._lock:
            self._visits[point] += 1
            is_last = self._visits[point] == self.last_visits[point]
        if is_last:
            self.die(point)


def obey() -> None:
    """Do what the environment asks; a process that was forked ready-made calls it again with its own environment."""
    _STACK.close()
    if bug := os.environ.get(BUG):
        _STACK.enter_context(planted(BUGS[bug]))
    if points := os.environ.get(POINT):
        hits = Path(os.environ[HITS])
        armed = Armed(last_visits=read_points(points), die=lambda point: _die(point, hits))
        _STACK.enter_context(hooked(armed.reached))


def _die(point: str, hits: Path) -> None:
    descriptor = os.open(hits, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, f"{point}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)
