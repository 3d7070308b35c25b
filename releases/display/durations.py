"""Spans of time in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_SHORT = 120


def duration(span: timedelta) -> str:
    """Spell how long a thing took: ``8s``, ``1m 04s``, ``2h 05m``, ``3d 04h``; a negative span counts as none."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m {seconds % _MINUTE:02}s"
    if seconds < _DAY:
        return f"{seconds // _HOUR}h {seconds % _HOUR // _MINUTE:02}m"
    return f"{seconds // _DAY}d {seconds % _DAY // _HOUR:02}h"


def age(span: timedelta) -> str:
    """Spell how long ago, in its largest unit: ``13 days``, ``1 hour``, ``less than a minute``."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"


def share(used: timedelta, total: timedelta) -> str:
    """Spell how much of a time limit is used: ``4 / 27 s``, and ``1m 04s / 5m 00s`` once it is longer."""
    if total.total_seconds() <= _SHORT:
        return f"{int(used.total_seconds())} / {int(total.total_seconds())} s"
    return f"{duration(used)} / {duration(total)}"


def epoch_ms(moment: datetime) -> int:
    """Milliseconds since 1970, as the page's script counts."""
    return round(moment.timestamp() * 1000)
