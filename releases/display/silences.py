"""What a service that is waited for did last, before it fell silent."""

from __future__ import annotations

_LAST = {"accepted": "accepted", "in_progress": "at work"}


def silence_word(state: str) -> str:
    """Word what the time since its last sign of life is about."""
    return f"{_LAST.get(state, 'asked')}, silent"
