"""Hints to other processes, sent by one thread: whoever causes one never waits for Redis, and nothing depends on it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

LOG = logging.getLogger(__name__)


class Messenger:
    """Sends what it is given, in order; of several hints for the same thing that wait, only the last is sent."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting: dict[Hashable, Callable[[], None]] = {}
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def leave(self, about: Hashable, send: Callable[[], None]) -> None:
        """Take a hint and return at once; what ``send`` raises is logged and forgotten."""
        with self._change:
            self._waiting[about] = send
            # A forked child has the object, but not its thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._change.notify()

    def _run(self) -> None:
        while True:
            with self._change:
                while not self._waiting:
                    self._change.wait()
                about = next(iter(self._waiting))
                send = self._waiting.pop(about)
            try:
                send()
            except Exception:
                LOG.warning("hint about %s lost", about, exc_info=True)
