"""One release manager after the other: promotions that begin, report and are cancelled, for as long as a run lasts."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import httpx2

from tests.flows.processes import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.load.board import Board

# The services take too long for a promotion to end by itself, which would leave nothing to promote some day.
TAKES_MS = 2000
GOES_ON_S = 2.5
SOON_S = 0.2


class Traffic:
    """Promotes one release after the other to DEV in a thread; ``opened`` is called with each correlation id."""

    def __init__(self, running: Board, versions: Sequence[str], opened: Callable[[str], object]) -> None:
        self._running, self._versions, self._opened = running, versions, opened
        self._stop = Event()
        self._thread = Thread(target=self._run)
        self.promotions = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return once nothing is open any more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._insist(lambda: self._running.simulation.take(TAKES_MS))
            version = self._versions[self.promotions % len(self._versions)]
            self._insist(lambda version=version: self._promote(version))  # type: ignore[misc]
            self.promotions += 1
            self._stop.wait(GOES_ON_S)
            self._insist(lambda version=version: self._cancel(version))  # type: ignore[misc]

    def _promote(self, version: str) -> None:
        script = Script(self._running.url, self._running.token)
        key = f"promote-{self.promotions}"
        started = script.post(f"/releases/{version}/promotions", {"stage": "DEV"}, **{"Idempotency-Key": key})
        script.close()
        self._opened(started["correlation_id"])

    def _cancel(self, version: str) -> None:
        script = Script(self._running.url, self._running.token)
        key = f"cancel-{self.promotions}"
        script.post(f"/releases/{version}/cancel", {"reason": "measured"}, **{"Idempotency-Key": key})
        script.close()

    def _insist(self, act: Callable[[], object]) -> None:
        while True:
            try:
                act()
            except httpx2.TransportError:  # the board was just killed; the same key makes this the same command
                Event().wait(SOON_S)
            else:
                return
