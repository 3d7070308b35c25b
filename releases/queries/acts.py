"""Who acted last on a release: what somebody is told who comes a moment too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.access import SYSTEM
from releases.domain.aggregation import Reason
from releases.domain.deeds import BY_PEOPLE, deed
from releases.domain.journal import Kind

if TYPE_CHECKING:
    from releases.models import Release


def last_act(release: Release) -> str:
    """Return a sentence without its full stop, such as ``tom paused the promotion to QA``."""
    acts = release.entries.filter(kind__in=[kind.value for kind in BY_PEOPLE]).exclude(
        # Nobody decided this: the version ran there already when the promotion started.
        kind=Kind.STEP_SKIPPED.value,
        payload__cause=Reason.UNCHANGED.value,
    )
    acts = acts.exclude(kind=Kind.VALIDATION_STARTED.value, payload__by=SYSTEM.name)
    entry = acts.order_by("-sequence").first()
    if entry is None:
        return "somebody acted"
    return f"{entry.actor} {deed(entry.kind, stage=entry.payload.get('stage', ''), service=entry.service)}"
