"""The replay page: a release as any entry of its journal left it, in the shapes that the release page's parts take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.lifecycle import DONE_SLOTS, PromotionState, SlotState
from releases.domain.replay import fold
from releases.domain.rollbacks import waits_for
from releases.models import Stage
from releases.queries.replay import find_entry, journal_of
from releases.queries.rules import declared_dependencies
from releases.queries.views import Control, StageView, StepView, SummaryView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from releases.domain.aggregation import Tally
    from releases.domain.replayed import ReplayedRelease, ReplayedSession, ReplayedStep
    from releases.models import Release
    from releases.queries.views import Entry

_PAST = "This is the past; act on the release's own page."
_STAGE_STATES = {
    PromotionState.RUNNING: "promoting",
    PromotionState.HELD: "held",
    PromotionState.PAUSED: "paused",
    PromotionState.SUCCEEDED: "released",
    PromotionState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPage:
    """``sequence`` is the entry whose outcome is shown, ``last`` the newest that there is.

    What a part of the release page reads has the name that it reads. The lines between services are today's.
    """

    version: str
    current_version: str
    target_version: str
    kind: str
    title: str
    state: str
    sequence: int
    last: int
    at: datetime
    stage: str
    promote_stage: str
    correlation_id: str
    stages: tuple[StageView, ...]
    phases: tuple[tuple[str, ...], ...]
    waits_for: Mapping[str, frozenset[str]]
    steps: tuple[StepView, ...]
    summaries: tuple[SummaryView, ...]
    entries: tuple[Entry, ...]
    """All of them, oldest first."""

    @property
    def before(self) -> int | None:
        return self.sequence - 1 if self.sequence > 1 else None

    @property
    def after(self) -> int | None:
        return self.sequence + 1 if self.sequence < self.last else None

    def step(self, service: str) -> StepView:
        """Raise ``StopIteration`` for a service outside this release."""
        return next(step for step in self.steps if step.service == service)


def replay_page(release: Release, sequence: int | None) -> ReplayPage:
    """Return the release as of this entry, or of the last one; ``NotFound`` outside the journal."""
    entries = journal_of(release)
    entry = find_entry(release, entries, len(entries) if sequence is None else sequence)
    told = fold(entries[: entry.sequence])
    promotion = told.promotion
    sessions = promotion.sessions if promotion else ()
    return ReplayPage(
        version=told.version,
        current_version=release.version,
        target_version=told.target_version,
        kind=told.kind,
        title=told.title,
        state=told.state.value,
        sequence=entry.sequence,
        last=len(entries),
        at=entry.at,
        stage=promotion.stage if promotion else "",
        promote_stage="",
        correlation_id=sessions[-1].correlation_id if sessions else "",
        stages=tuple(_stage(name, told) for name in _stage_names()),
        phases=promotion.phases if promotion else told.phases,
        waits_for=waits_for(told.kind, declared_dependencies()),
        steps=_steps(told, release),
        summaries=tuple(_summary(each, each.summary) for each in reversed(sessions) if each.summary),
        entries=entries,
    )


def _stage_names() -> list[str]:
    return list(Stage.objects.order_by("position").values_list("name", flat=True))


def _stage(name: str, told: ReplayedRelease) -> StageView:
    here = Control(verb="promote", allowed=False, why_not=_PAST)
    if told.path and name not in told.path:
        return StageView(stage=name, state="not_on_the_way", version="", detail="passed by", promote=here)
    promotion = next((each for each in reversed(told.promotions) if each.stage == name), None)
    if promotion is None:
        return StageView(stage=name, state="waiting", version="", detail="not promoted yet", promote=here)
    done = sum(step.state in DONE_SLOTS for step in promotion.steps)
    return StageView(
        stage=name,
        state="rolled_back" if promotion.rolled_back else _STAGE_STATES[promotion.state],
        version=promotion.version,
        detail=f"{done} of {len(promotion.steps)} services",
        since=promotion.finished_at,
        promote=here,
    )


def _steps(told: ReplayedRelease, release: Release) -> tuple[StepView, ...]:
    if told.promotion:
        return tuple(_step(step) for step in told.promotion.steps)
    before = {change["service"]: change["from"] or "" for change in release.plan["changes"]}
    return tuple(
        StepView(
            service=service,
            phase=number,
            from_version=before.get(service, ""),
            to_version=told.manifest.get(service, ""),
            state=SlotState.PENDING,
            retry=Control(verb="retry", allowed=False, why_not=_PAST),
            skip=Control(verb="skip", allowed=False, why_not=_PAST),
            accept=Control(verb="accept", allowed=False, why_not=_PAST),
        )
        for number, phase in enumerate(told.phases, start=1)
        for service in phase
    )


def _step(step: ReplayedStep) -> StepView:
    return StepView(
        service=step.service,
        phase=step.phase + 1,
        from_version=step.from_version,
        to_version=step.to_version,
        state=step.state,
        reason=step.reason,
        message=step.message,
        percent=step.percent,
        attempt=step.attempt,
        late=step.late,
        started_at=step.started_at,
        heard_at=step.heard_at,
        finished_at=step.finished_at,
        retry=Control(verb="retry", allowed=False, why_not=_PAST),
        skip=Control(verb="skip", allowed=False, why_not=_PAST),
        accept=Control(verb="accept", allowed=False, why_not=_PAST),
    )


def _summary(session: ReplayedSession, summary: Tally) -> SummaryView:
    return SummaryView(
        correlation_id=session.correlation_id,
        phase=session.phase + 1,
        status=summary.status,
        expected=summary.expected,
        received=summary.received,
        respondents=summary.respondents,
        errors=summary.errors,
    )
