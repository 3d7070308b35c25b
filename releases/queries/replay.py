"""Releases as their journals tell them, and as the tables hold them: the same shape, to be compared."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from releases.domain.aggregation import LATE_DISPOSITIONS, Tally
from releases.domain.errors import NotFound
from releases.domain.lifecycle import PromotionState, ReleaseState, SessionState, SlotState
from releases.domain.replay import fold
from releases.domain.replayed import ReplayedPromotion, ReplayedRelease, ReplayedSession, ReplayedStep
from releases.models import Callback
from releases.queries.release_pages import entry_view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from releases.models import AggregationSession, Promotion, PromotionStep, Release
    from releases.queries.views import Entry

_LATE = [disposition.value for disposition in LATE_DISPOSITIONS]


def journal_of(release: Release, *, until: int | None = None) -> tuple[Entry, ...]:
    """Return the entries from the first, oldest first."""
    entries = release.entries.order_by("sequence")
    return tuple(entry_view(entry) for entry in (entries if until is None else entries.filter(sequence__lte=until)))


def find_entry(release: Release, entries: Sequence[Entry], sequence: int) -> Entry:
    """Return the entry of this number from all of a release's; ``NotFound`` names which there are."""
    if not 1 <= sequence <= len(entries):
        message = f"{release.version} has no journal entry {sequence}; its entries are 1 to {len(entries)}."
        raise NotFound(message)
    return entries[sequence - 1]


def replayed_release(release: Release, sequence: int) -> ReplayedRelease:
    """Return the release as it was right after this entry; ``NotFound`` outside the journal."""
    entries = journal_of(release)
    find_entry(release, entries, sequence)
    return fold(entries[:sequence])


def stored_release(release: Release) -> ReplayedRelease:
    """Return what the tables hold of a release, in the shape that its journal folds to."""
    late = Counter(
        Callback.objects.filter(disposition__in=_LATE, dispatch__step__promotion__release=release).values_list(
            "dispatch__step_id", flat=True
        )
    )
    promotions = release.promotions.select_related("stage", "started_by").prefetch_related(
        "steps__service", "sessions__dispatches__step__service"
    )
    return ReplayedRelease(
        sequence=release.sequence,
        version=release.version,
        target_version=release.target_version,
        kind=release.kind,
        title=release.title,
        state=ReleaseState(release.state),
        manifest=release.manifest,
        phases=_phases(release.plan["all_phases"]),
        path=tuple(release.path),
        labels=tuple(release.labels.order_by("pk").values_list("version", flat=True)),
        created_by=release.created_by.get_username(),
        created_at=release.created_at,
        promotions=tuple(_promotion(each, late) for each in promotions.order_by("pk")),
    )


def _phases(stored: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phase) for phase in stored)


def _promotion(promotion: Promotion, late: Mapping[int, int]) -> ReplayedPromotion:
    steps = sorted(promotion.steps.all(), key=lambda step: (step.phase, step.service.slug))
    return ReplayedPromotion(
        stage=promotion.stage.name,
        version=promotion.version,
        phases=_phases(promotion.phases),
        timeout_ms=promotion.timeout_ms,
        started_by=promotion.started_by.get_username(),
        started_at=promotion.started_at,
        phase=promotion.phase,
        state=PromotionState(promotion.state),
        finished_at=promotion.finished_at,
        rolled_back=promotion.rolled_back_at is not None,
        steps=tuple(_step(step, late.get(step.pk, 0)) for step in steps),
        sessions=tuple(_session(each) for each in sorted(promotion.sessions.all(), key=lambda each: each.pk)),
    )


def _step(step: PromotionStep, late: int) -> ReplayedStep:
    return ReplayedStep(
        service=step.service.slug,
        phase=step.phase,
        from_version=step.from_version,
        to_version=step.to_version,
        state=SlotState(step.state),
        reason=step.reason,
        message=step.message,
        percent=step.percent,
        attempt=step.attempt,
        late=late,
        started_at=step.started_at,
        heard_at=step.heard_at,
        finished_at=step.finished_at,
    )


def _session(session: AggregationSession) -> ReplayedSession:
    dispatches = sorted(session.dispatches.all(), key=lambda dispatch: dispatch.pk)
    summary = session.summary
    return ReplayedSession(
        correlation_id=str(session.correlation_id),
        phase=session.phase,
        services=tuple(dispatch.step.service.slug for dispatch in dispatches),
        timeout_ms=session.timeout_ms,
        opened_at=session.opened_at,
        state=SessionState(session.state),
        summary=summary and Tally(**{name: summary[name] for name in Tally.__dataclass_fields__}),
        closed_at=session.closed_at,
    )
