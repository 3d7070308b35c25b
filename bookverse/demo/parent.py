"""Noticing that the process which started this one is gone."""

import os
import threading
from collections.abc import Callable

_CHUNK = 4096


def call_when_closed(descriptor: int, callback: Callable[[], object]) -> None:
    """Call back from a thread once the other end of the pipe is closed; what is written to it is ignored."""

    def watch() -> None:
        # os.read instead of a file object: its lock would stop the interpreter from ending.
        while os.read(descriptor, _CHUNK):
            continue
        callback()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
