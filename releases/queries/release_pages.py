"""The release page and the parts of it that live pages get pushed; the same number of queries for any release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from releases import conf
from releases.domain.access import Actor, Permission, why_not
from releases.domain.aggregation import Disposition
from releases.domain.errors import NotFound
from releases.domain.lifecycle import (
    DONE_SLOTS,
    OPEN_PROMOTIONS,
    OPEN_RELEASES,
    RETRYABLE_SLOTS,
    PromotionState,
    ReleaseState,
    SlotState,
)
from releases.models import (
    AggregationSession,
    Dispatch,
    JournalEntry,
    PlatformVersion,
    Promotion,
    PromotionStep,
    Release,
    Stage,
)
from releases.queries.promotability import next_stage, promotion_refusal, release_verdict
from releases.queries.rules import declared_dependencies
from releases.queries.views import Control, Entry, ReleaseView, StageView, StepView, SummaryView

if TYPE_CHECKING:
    from collections.abc import Sequence

ENTRIES = 50
_LATE = [Disposition.LATE.value, Disposition.CONTRADICTORY.value]
_OPEN = [state.value for state in OPEN_PROMOTIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """Everything that the page needs, read once."""

    release: Release
    refusal: str
    promotion: Promotion | None
    stages: Sequence[Stage]
    promotions: Sequence[Promotion]
    steps: Sequence[PromotionStep]
    dispatches: dict[int, Dispatch]
    late: dict[int, int]
    sessions: Sequence[AggregationSession]


def release_by_label(version: str) -> Release:
    """Find a release by any label that it carries in any stage."""
    label = PlatformVersion.objects.select_related("release__created_by").filter(version=version).first()
    if label is None or label.release is None:
        message = f"There is no release {version}."
        raise NotFound(message)
    return label.release


def release_view(release: Release, refusal: str = "") -> ReleaseView:
    """Return the page for everybody who may act, or for everybody who may not because of ``refusal``.

    Live pages of one such audience get the same bytes, so nothing else here depends on who looks.
    """
    facts = _facts(release, refusal)
    steps = _step_views(facts)
    controls = _controls(facts)
    stage = next_stage(release)
    sessions = facts.sessions
    return ReleaseView(
        pk=release.pk,
        version=release.version,
        target_version=release.target_version,
        kind=release.kind,
        title=release.title,
        state=ReleaseState(release.state),
        stage=facts.promotion.stage.name if facts.promotion else "",
        promotion_id=facts.promotion.pk if facts.promotion else None,
        promotion_state=PromotionState(facts.promotion.state) if facts.promotion else None,
        sequence=release.sequence,
        lock_version=release.lock_version,
        created_by=release.created_by.get_username(),
        created_at=release.created_at,
        started_at=facts.promotion.started_at if facts.promotion else None,
        summary=_summary(facts),
        correlation_id=str(sessions[0].correlation_id) if sessions else "",
        timeout_ms=facts.promotion.timeout_ms if facts.promotion else conf.default_timeout_ms(),
        stages=_stage_views(facts, stage, controls["promote"]),
        phases=tuple(tuple(phase) for phase in _phases(facts)),
        depends_on=declared_dependencies(),
        steps=steps,
        summaries=tuple(_summary_view(session) for session in sessions if session.summary),
        entries=journal_page(release, limit=ENTRIES),
        promote=controls["promote"],
        promote_stage=stage.name if stage else "",
        pause=controls["pause"],
        resume=controls["resume"],
        cancel=controls["cancel"],
        verdict=release_verdict(release, stage),
        notes=release.notes,
    )


def journal_page(release: Release, *, limit: int) -> tuple[Entry, ...]:
    """Return the newest entries, newest first."""
    return tuple(entry_view(entry) for entry in release.entries.order_by("-sequence")[:limit])


def entry_view(entry: JournalEntry) -> Entry:
    """Return one journal entry as pages and the API show it."""
    return Entry(
        sequence=entry.sequence,
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        service=entry.service,
        payload=entry.payload,
    )


def _facts(release: Release, refusal: str) -> _Facts:
    promotions = list(release.promotions.select_related("stage").order_by("-pk"))
    latest = promotions[0] if promotions else None
    steps = list(latest.steps.select_related("service")) if latest else []
    dispatches = Dispatch.objects.filter(step__promotion=latest).select_related("session").order_by("attempt")
    late = (
        PromotionStep.objects.filter(promotion=latest)
        .annotate(late=Count("dispatches__callbacks", filter=Q(dispatches__callbacks__disposition__in=_LATE)))
        .values_list("pk", "late")
    )
    return _Facts(
        release=release,
        refusal=refusal,
        promotion=latest,
        stages=list(Stage.objects.select_related("live_version").order_by("position")),
        promotions=promotions,
        steps=steps,
        dispatches={dispatch.step_id: dispatch for dispatch in dispatches},
        late=dict(late),
        sessions=list(AggregationSession.objects.filter(promotion=latest).order_by("-pk")),
    )


def _phases(facts: _Facts) -> list[list[str]]:
    phases: list[list[str]] = facts.promotion.phases if facts.promotion else facts.release.plan["all_phases"]
    return phases


def _step_views(facts: _Facts) -> tuple[StepView, ...]:
    if facts.promotion is None:
        return tuple(
            _planned_step(facts, service, number) for number, phase in enumerate(_phases(facts)) for service in phase
        )
    return tuple(_step_view(facts, step) for step in facts.steps)


def _planned_step(facts: _Facts, service: str, phase: int) -> StepView:
    change = next(change for change in facts.release.plan["changes"] if change["service"] == service)
    nothing = "Nothing was promoted yet."
    return StepView(
        service=service,
        phase=phase + 1,
        from_version=change["from"] or "",
        to_version=facts.release.manifest[service],
        state=SlotState.PENDING,
        retry=Control(verb="retry", allowed=False, why_not=nothing),
        skip=Control(verb="skip", allowed=False, why_not=nothing),
    )


def _step_view(facts: _Facts, step: PromotionStep) -> StepView:
    dispatch = facts.dispatches.get(step.pk)
    refusal = _why_no_second_try(facts, step)
    return StepView(
        service=step.service.slug,
        phase=step.phase + 1,
        from_version=step.from_version,
        to_version=step.to_version,
        state=SlotState(step.state),
        reason=step.reason,
        message=step.message,
        percent=step.percent,
        attempt=step.attempt,
        late=facts.late.get(step.pk, 0),
        started_at=step.started_at,
        heard_at=step.heard_at,
        deadline_at=dispatch.session.deadline_at if dispatch else None,
        finished_at=step.finished_at,
        correlation_id=str(dispatch.session.correlation_id) if dispatch else "",
        retry=_control(facts, "retry", refusal),
        skip=_control(facts, "skip", refusal),
    )


def _why_no_second_try(facts: _Facts, step: PromotionStep) -> str:
    if facts.promotion is None or PromotionState(facts.promotion.state) not in OPEN_PROMOTIONS:
        return "The promotion is closed."
    if SlotState(step.state) not in RETRYABLE_SLOTS:
        return "Only a service that failed can be retried or skipped."
    if PromotionState(facts.promotion.state) is PromotionState.PAUSED:
        return "The promotion is paused; resume it first."
    return ""


def _controls(facts: _Facts) -> dict[str, Control]:
    refusals = {
        "promote": _why_not_promote(facts),
        "pause": _why_not_pause(facts),
        "resume": _why_not_resume(facts),
        "cancel": "" if ReleaseState(facts.release.state) in OPEN_RELEASES else f"It is {facts.release.state}.",
    }
    return {verb: _control(facts, verb, text) for verb, text in refusals.items()}


def _control(facts: _Facts, verb: str, refusal: str) -> Control:
    text = facts.refusal or refusal
    return Control(verb=verb, allowed=not text, why_not=text)


def _why_not_promote(facts: _Facts) -> str:
    stage = next_stage(facts.release)
    if stage is None:
        return f"{facts.release.target_version} has reached every stage."
    refusal = promotion_refusal(facts.release, stage)
    return refusal.text if refusal else ""


def _why_not_pause(facts: _Facts) -> str:
    if facts.promotion is None or PromotionState(facts.promotion.state) not in OPEN_PROMOTIONS:
        return "No promotion is running."
    return "It is already paused." if PromotionState(facts.promotion.state) is PromotionState.PAUSED else ""


def _why_not_resume(facts: _Facts) -> str:
    paused = facts.promotion is not None and PromotionState(facts.promotion.state) is PromotionState.PAUSED
    return "" if paused else "No promotion is paused."


def _summary(facts: _Facts) -> str:
    promotion = facts.promotion
    if promotion is None:
        return "Planned; nothing was promoted yet."
    done = sum(SlotState(step.state) in DONE_SLOTS for step in facts.steps)
    failed = sum(SlotState(step.state) in RETRYABLE_SLOTS for step in facts.steps)
    total = len(facts.steps)
    match PromotionState(promotion.state):
        case PromotionState.HELD:
            return f"{failed} of {total} services failed, the promotion is held."
        case PromotionState.PAUSED:
            return f"Paused with {done} of {total} services done."
        case PromotionState.SUCCEEDED:
            return f"{promotion.stage.name} runs {promotion.version}."
        case PromotionState.CANCELLED:
            return f"The promotion to {promotion.stage.name} was cancelled with {done} of {total} services done."
        case PromotionState.RUNNING:
            return f"{done} of {total} services done, phase {promotion.phase + 1} of {len(promotion.phases)}."


def _stage_views(facts: _Facts, upcoming: Stage | None, promote: Control) -> tuple[StageView, ...]:
    return tuple(_stage_view(facts, stage, upcoming, promote) for stage in facts.stages)


def _stage_view(facts: _Facts, stage: Stage, upcoming: Stage | None, promote: Control) -> StageView:
    latest = next((promotion for promotion in facts.promotions if promotion.stage_id == stage.pk), None)
    is_next = upcoming is not None and upcoming.pk == stage.pk
    control = promote if is_next else Control(verb="promote", allowed=False, why_not="It is not this stage's turn.")
    if latest is None:
        live = stage.live_version
        return StageView(
            stage=stage.name,
            state="waiting",
            version=live.version if live else "",
            detail="" if live else "nothing runs there",
            since=stage.live_since_at,
            promote=control,
        )
    return StageView(
        stage=stage.name,
        state=_STAGE_STATES[PromotionState(latest.state)],
        version=latest.version,
        detail=_progress(facts, latest),
        since=latest.finished_at,
        promote=control,
    )


_STAGE_STATES = {
    PromotionState.RUNNING: "promoting",
    PromotionState.HELD: "held",
    PromotionState.PAUSED: "paused",
    PromotionState.SUCCEEDED: "released",
    PromotionState.CANCELLED: "cancelled",
}


def _progress(facts: _Facts, promotion: Promotion) -> str:
    total = sum(len(phase) for phase in promotion.phases)
    if facts.promotion is not None and facts.promotion.pk == promotion.pk:
        done = sum(SlotState(step.state) in DONE_SLOTS for step in facts.steps)
        return f"{done} of {total} services"
    return f"{total} of {total} services" if promotion.state == PromotionState.SUCCEEDED.value else ""


def _summary_view(session: AggregationSession) -> SummaryView:
    summary = session.summary or {}
    return SummaryView(
        correlation_id=str(session.correlation_id),
        phase=session.phase + 1,
        status=summary["status"],
        expected=summary["expected"],
        received=summary["received"],
        respondents=summary["respondents"],
        errors=summary["errors"],
    )


def steering_refusal(actor: Actor) -> str:
    """Return why this actor may not act on releases at all; empty when they may."""
    return why_not(actor, Permission.OPERATE)
