"""What changed in a release since a journal entry: all that a live page needs to catch up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from releases.domain.lifecycle import OPEN_PROMOTIONS, SessionState
from releases.models import AggregationSession, Dispatch, Observation, Pulse, Release, Stage

if TYPE_CHECKING:
    from datetime import datetime

_OPEN = [state.value for state in OPEN_PROMOTIONS]
RULES = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """``services`` is None when the change concerns them all."""

    release: Release
    services: frozenset[str] | None


def release_sequence(release_id: int) -> int:
    """Return the number of the last journal entry; raise ``Release.DoesNotExist`` for an unknown release."""
    return Release.objects.values_list("sequence", flat=True).get(pk=release_id)


def stage_occupancy() -> tuple[tuple[object, ...], ...]:
    """Return what every release's page shows of the others: who took each stage last, what it runs, is it busy.

    The set that is being observed belongs to it, for a verdict says of each set where it was seen.
    """
    stages = Stage.objects.annotate(busy=Count("promotions", filter=Q(promotions__state__in=_OPEN)))
    seen = Observation.objects.filter(ended_at=None).order_by("pk").values_list("pk", "failed_probes")
    return (*stages.order_by("position").values_list("epoch", "live_version_id", "busy"), *seen)


def rules_changed_at() -> datetime | None:
    """Return when the rules were last edited; every page with a verdict looks different after that."""
    return Pulse.objects.filter(name=RULES).values_list("at", flat=True).first()


def release_of(release_id: int) -> Release:
    """Return the release as its page needs it."""
    return Release.objects.select_related("created_by").get(pk=release_id)


def changes_since(release_id: int, sequence: int) -> Changes:
    """Return which services the entries after ``sequence`` speak of, and those that share a deadline with them."""
    release = release_of(release_id)
    touched = set(release.entries.filter(sequence__gt=sequence).values_list("service", flat=True))
    if "" in touched:
        return Changes(release=release, services=None)
    return Changes(release=release, services=frozenset(touched | _asked_beside(release_id, touched)))


def _asked_beside(release_id: int, services: set[str]) -> set[str]:
    """The first word of one service starts the clock of all that were asked with it."""
    sessions = AggregationSession.objects.filter(
        promotion__release=release_id,
        state=SessionState.RUNNING.value,
        dispatches__step__service__slug__in=services,
    )
    return set(Dispatch.objects.filter(session__in=sessions).values_list("step__service__slug", flat=True))
