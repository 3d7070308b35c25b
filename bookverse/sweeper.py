"""Threads in every process that look once a second for whatever is due: no timer lives in memory."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from django.db import close_old_connections, connections

from releases.actions.collections import collect_due_versions
from releases.actions.dispatches import send_due_dispatches
from releases.actions.sweeping import keep_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOG = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
# A thread for each: a service or a registry that hangs must not stop the clock.
DUTIES: Mapping[str, Callable[[], object]] = {
    "time": keep_time,
    "orders": send_due_dispatches,
    "collections": collect_due_versions,
}


class Sweeper:
    """Starts each duty's thread at most once, and stops them without cutting a sweep short."""

    def __init__(self) -> None:
        self.threads: tuple[threading.Thread, ...] = ()
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to look; does nothing when it already does."""
        with self._lock:
            if self.threads:
                return
            self._stopping = threading.Event()
            self.threads = tuple(
                threading.Thread(target=self._run, args=(duty, self._stopping), name=f"sweeper-{name}", daemon=True)
                for name, duty in DUTIES.items()
            )
            for thread in self.threads:
                thread.start()

    def stop(self) -> None:
        """Finish the sweeps at hand and end."""
        with self._lock:
            threads, self.threads = self.threads, ()
            self._stopping.set()
        for thread in threads:
            thread.join()

    def _run(self, duty: Callable[[], object], stopping: threading.Event) -> None:
        while not stopping.wait(LOOK_EVERY_S):
            close_old_connections()
            try:
                duty()
            except Exception:  # whatever it was, the next sweep must still come: it is what keeps promises
                LOG.exception("a sweep failed; the next one follows in %s s", LOOK_EVERY_S)
        connections.close_all()


sweeper = Sweeper()
