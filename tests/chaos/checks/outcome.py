"""What a check found: a value, so that who asked decides what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One invariant: how many things were looked at, and a sentence for each that breaks it."""

    invariant: str
    promise: str
    examined: int
    violations: tuple[str, ...]


def judged(invariant: str, promise: str, *, examined: int, violations: Iterable[str]) -> Outcome:
    """Return the outcome; the same sentence twice is one finding."""
    return Outcome(invariant=invariant, promise=promise, examined=examined, violations=tuple(dict.fromkeys(violations)))
