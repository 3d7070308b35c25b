"""How the platform fares, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.display.status import status_of
from releases.domain.health import Health, kind_of

if TYPE_CHECKING:
    from releases.queries.views import Entry


def fares(entry: Entry) -> tuple[str, str, str]:
    """Word a change of the platform's status: subject, rest, and the state that it is shown in."""
    status = next(each for each in Health if kind_of(each) == entry.kind)
    if status is Health.HEALTHY:
        return "The platform", "is healthy again", status.value
    reason = str(entry.payload.get("reason") or "").rstrip(".")
    is_what = "is not known to be healthy" if status is Health.UNKNOWN else f"is {status_of(status).word.lower()}"
    return "The platform", f"{is_what}{f': {reason}' if reason else ''}", status.value
