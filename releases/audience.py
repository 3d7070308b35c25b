"""How many live pages this process serves: counted where they come and go, read by who looks after the board."""

from __future__ import annotations

from threading import Lock


class Audience:
    """A count that any thread may change and read; ``most`` is the highest that it ever was."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.present = self.most = 0

    def came(self) -> None:
        with self._lock:
            self.present += 1
            self.most = max(self.most, self.present)

    def went(self) -> None:
        with self._lock:
            self.present -= 1


AUDIENCE = Audience()
