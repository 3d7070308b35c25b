"""What the environment can ask of a process, in words that need nothing of the board.

CHAOS_POINT   ``name:nth``, several separated by commas: die as soon as one was reached for the nth time
CHAOS_HITS    the file that the name of the point is appended to before that
CHAOS_BUG     the name of a bug to plant
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

POINT, HITS, BUG = "CHAOS_POINT", "CHAOS_HITS", "CHAOS_BUG"
# What stands behind the name of a transaction, and behind that of anything else.
BEFORE_COMMIT, AFTER_COMMIT = "before-commit", "after-commit"
BEFORE, AFTER = "before", "after"


def read_points(text: str) -> dict[str, int]:
    """Read ``name:nth,name:nth``; names have a colon of their own."""
    pairs = (armed.rpartition(":") for armed in text.split(",") if armed)
    return {name: int(nth) for name, _, nth in pairs}


def written(last_visits: Mapping[str, int]) -> str:
    """Write what ``read_points`` reads."""
    return ",".join(f"{name}:{nth}" for name, nth in last_visits.items())
