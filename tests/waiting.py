"""Waiting for what other threads and processes bring about, where no event of theirs can be awaited."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60.0
LOOK_EVERY_S = 0.02


def until(is_so: Callable[[], object], *, what: Callable[[], object] = lambda: "") -> None:
    """Return once ``is_so`` answers true; the failure says ``what`` there was instead."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:g} s: {what()}"
        time.sleep(LOOK_EVERY_S)
