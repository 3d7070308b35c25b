"""What somebody may decide to live with, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from releases.domain.evidence import NEVER_IGNORED

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = timedelta(days=30)
# Reasons about a pair of services that can stand in the way.
IGNORABLE = frozenset(
    {
        "breaking-change-somewhere",
        "broken-endpoint",
        "deprecated-endpoint",
        "draft-endpoint",
        "endpoint-missing",
        "failed-together",
        "inferred",
        "major-not-bumped",
        "no-document",
        "no-evidence",
        "not-analysed",
        "range-broken",
        "rule-unreadable",
        "schema-broken",
        "too-early",
    }
)


def code_mistake(code: str) -> str:
    """Return why reasons with this code cannot be ignored; empty when they can."""
    if code in NEVER_IGNORED:
        return f"“{code}” cannot be lived with: change the rule or the set instead."
    if code not in IGNORABLE:
        return f"No reason that can be ignored has the code “{code}”; one that has is range-broken."
    return ""


def expiry_mistake(expires_at: datetime, now: datetime) -> str:
    """Return why an ignore may not run until then; empty when it may."""
    if expires_at <= now:
        return "This is over already: give a moment in the future."
    if expires_at > now + LONGEST:
        return f"An ignore lasts at most {LONGEST.days} days: give an earlier moment, and renew it if need be."
    return ""
