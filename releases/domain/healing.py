"""What the board may try again by itself: what got lost on the way, never what a service decided."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from releases.domain.aggregation import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Nobody said no: the order did not arrive, its connection broke, or no word came back in time.
LOST = frozenset({Reason.UNDELIVERABLE, Reason.CONNECTION_CLOSED, Reason.DEADLINE, Reason.SILENT})
FIRST_WAIT = timedelta(seconds=5)


def why_not_heal(failed: Sequence[tuple[str, int]], *, tries: int) -> str:
    """Return why a held promotion is left to people, empty when what failed may be asked again.

    ``failed`` has for each service why its last attempt ended and which attempt that was; one that a person has to
    decide about keeps all of them, for the promotion would stay held.
    """
    if not failed:
        return "Nothing failed."
    if any(reason not in LOST for reason, _ in failed):
        return "A service said itself that it failed."
    if any(attempt > tries for _, attempt in failed):
        return f"It was tried again {tries} times already."
    return ""


def is_due(failed_at: datetime, attempt: int, now: datetime) -> bool:
    """Tell whether it is time for another attempt: after 5 s, then 10, 20 and so on."""
    return now >= failed_at + FIRST_WAIT * (1 << (attempt - 1))
