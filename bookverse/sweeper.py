"""A thread in every process that looks once a second for whatever is due: no timer lives in memory."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections, connections

from releases.actions.sweeping import sweep

LOG = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0


class Sweeper:
    """Starts at most one thread, and stops it without cutting a sweep short."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to look; does nothing when it already does."""
        with self._lock:
            if self._thread is None:
                self._stopping.clear()
                self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Finish the sweep at hand and end."""
        with self._lock:
            thread, self._thread = self._thread, None
        self._stopping.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            close_old_connections()
            try:
                sweep()
            except Exception:  # whatever it was, the next sweep must still come: it is what keeps promises
                LOG.exception("the sweep failed; the next one follows in %s s", LOOK_EVERY_S)
        connections.close_all()


sweeper = Sweeper()
