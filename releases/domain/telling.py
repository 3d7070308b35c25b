"""Who wants to hear of a journal entry: kinds by pattern, and stages."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from releases.domain.health import CHANGE_KINDS
from releases.domain.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

# What is told of telling would be told again, without end.
UNTOLD = ("inbox.", "delivery.")
DEFAULT_EVENTS = (
    "promotion.held",
    "release.released",
    "release.cancelled",
    "step.retried",
    "step.skipped",
    "verdict.changed",
    "gate.*",
    "freeze.*",
    "platform.*",
)
_PATTERN = re.compile(r"[a-z_*]+(\.[a-z_*]+)?")


def is_told(kind: str) -> bool:
    """Tell whether anybody may hear of this kind at all."""
    return not kind.startswith(UNTOLD)


def told_kinds() -> tuple[str, ...]:
    """Return everything that can be heard of: what journals tell, and how the platform fares."""
    return (*(kind.value for kind in Kind if is_told(kind)), *CHANGE_KINDS)


def is_wanted(kind: str, stage: str, *, events: str, stages: Sequence[str]) -> bool:
    """Tell whether patterns (``promotion.*``) name the kind; without ``stages`` every stage is meant."""
    if stages and stage not in stages:
        return False
    return any(fnmatchcase(kind, pattern) for pattern in patterns_of(events))


def patterns_of(events: str) -> tuple[str, ...]:
    """Split what a person wrote, a pattern a line or with commas between."""
    return tuple(dict.fromkeys(re.findall(r"[^\s,]+", events)))


def why_not_patterns(events: str) -> str:
    """Return what is wrong with patterns, empty when each names at least one kind that is told."""
    patterns = patterns_of(events)
    if not patterns:
        return "Name at least one event, for example promotion.held, promotion.* or *."
    known = told_kinds()
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern) or not any(fnmatchcase(kind, pattern) for kind in known):
            return f"No event is called {pattern[:60]}; the events are {', '.join(sorted(known))}."
    return ""
