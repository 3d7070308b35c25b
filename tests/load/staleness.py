"""How long after its commit each journal entry was seen, viewer by viewer."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.load.board import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.load.board import Board
    from tests.load.viewers import Viewer

JOURNAL = "SELECT release_id, sequence, at FROM releases_journalentry ORDER BY at, id"
NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in which something was wrong, in seconds since 1970."""

    name: str
    since: float
    until: float


class News:
    """What there was to see: for a release its own entries, for the board those of all, numbered as it does."""

    def __init__(self, running: Board) -> None:
        self._told: dict[int | None, list[tuple[float, int]]] = defaultdict(list)
        for number, (release_id, sequence, at) in enumerate(running.rows(JOURNAL), start=1):
            self._told[release_id].append((moment(at), sequence))
            self._told[None].append((moment(at), number))

    def last(self, release_id: int | None) -> int:
        return self._told[release_id][-1][1]

    def waits(self, viewer: Viewer) -> Iterator[tuple[float, float]]:
        """Yield when each entry was made since the viewer came, and after how many seconds it was seen."""
        numbers = [number for _, number in viewer.arrivals]
        for at, number in self._told[viewer.release_id]:
            if not viewer.arrivals or at < viewer.arrivals[0][0]:
                continue
            seen = bisect_left(numbers, number)
            yield at, (viewer.arrivals[seen][0] - at if seen < len(numbers) else float("inf"))


def by_window(news: News, viewers: Sequence[Viewer], windows: Sequence[Window]) -> Mapping[str, list[float]]:
    """Sort the waits of all viewers by what was wrong when the entry was made."""
    waits: dict[str, list[float]] = defaultdict(list)
    for at, seconds in (wait for viewer in viewers for wait in news.waits(viewer)):
        name = next((window.name for window in windows if window.since <= at <= window.until), NORMAL)
        waits[name].append(seconds)
    return waits
