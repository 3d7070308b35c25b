"""Whether this process is about to end: who waits in it is told where to go on, instead of being cut off."""

from __future__ import annotations

from threading import Event

_BEGUN = Event()


def begin() -> None:
    """Say so, once and for all."""
    _BEGUN.set()


def has_begun() -> bool:
    """Tell whether whoever waits should come back to another process."""
    return _BEGUN.is_set()
