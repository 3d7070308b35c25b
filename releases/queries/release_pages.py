"""The release page and the parts of it that live pages get pushed; the same number of queries for any release."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from releases import conf
from releases.domain.aggregation import CallbackStatus
from releases.domain.lifecycle import DONE_SLOTS, RETRYABLE_SLOTS, PromotionState, ReleaseState, SlotState
from releases.domain.rollbacks import waits_for
from releases.queries.forecast_panel import forecast_panel
from releases.queries.freezes import freeze_panel
from releases.queries.gate_panel import gate_panel
from releases.queries.hotfixes import hotfix_panel
from releases.queries.labels import label_and_release, train_of
from releases.queries.paths import on_the_way
from releases.queries.promotability import next_stage, release_verdict
from releases.queries.registry_records import record_view
from releases.queries.release_controls import controls_of
from releases.queries.release_facts import ReleaseFacts, phases_of, read_facts
from releases.queries.release_notes import newest_revision
from releases.queries.release_rows import step_views
from releases.queries.rules import declared_rules
from releases.queries.validations import validation_panel
from releases.queries.views import Control, Entry, LateResult, ReleaseView, StageView, SummaryView
from releases.queries.way_back import way_back

if TYPE_CHECKING:
    from datetime import datetime

    from releases.domain.access import Actor
    from releases.models import AggregationSession, JournalEntry, Promotion, Release, Stage
    from releases.queries.notes_views import RevisionLine

ENTRIES = 50


def release_by_label(version: str) -> Release:
    """Find a release by any label that it carries in any stage."""
    return label_and_release(version)[1]


def release_view(release: Release, viewer: Actor) -> ReleaseView:
    """Return the page for everybody who is the same ``viewer`` to it; who may have to sign is an audience of one.

    Live pages of one such audience get the same bytes, so nothing else here depends on who looks.
    """
    facts = read_facts(release, viewer)
    stage = next_stage(release)
    rules = declared_rules()
    verdict = release_verdict(release, stage, rules)
    way = way_back(release)
    controls = controls_of(facts, stage, verdict, way)
    gates = gate_panel(release, stage, verdict, viewer)
    return ReleaseView(
        **_about(release),
        **_promotion_part(facts),
        **controls,
        way_back=way,
        summary=_summary(facts),
        stages=_stage_views(facts, stage, controls["promote"]),
        phases=tuple(tuple(phase) for phase in phases_of(facts)),
        depends_on=rules.depends_on,
        waits_for=waits_for(release.kind, rules.depends_on),
        steps=step_views(facts),
        summaries=tuple(_summary_view(session) for session in facts.sessions if session.summary),
        entries=journal_page(release, limit=ENTRIES),
        train=train_of(release),
        promote_stage=stage.name if stage else "",
        verdict=verdict,
        validation=validation_panel(facts),
        hotfix=hotfix_panel(facts),
        registry_record=record_view(release),
        freezes=freeze_panel(viewer, on_the_way(facts.stages, release.path), everywhere=facts.stages),
        gates=gates,
        forecast=forecast_panel(facts, stage, gates),
    )


class _About(TypedDict):
    pk: int
    version: str
    target_version: str
    kind: str
    title: str
    state: ReleaseState
    sequence: int
    lock_version: int
    created_by: str
    created_at: datetime
    notes: str
    notes_revision: RevisionLine


def _about(release: Release) -> _About:
    return {
        "pk": release.pk,
        "version": release.version,
        "target_version": release.target_version,
        "kind": release.kind,
        "title": release.title,
        "state": ReleaseState(release.state),
        "sequence": release.sequence,
        "lock_version": release.lock_version,
        "created_by": release.created_by.get_username(),
        "created_at": release.created_at,
        "notes": release.notes,
        "notes_revision": newest_revision(release),
    }


class _PromotionPart(TypedDict):
    stage: str
    promotion_id: int | None
    promotion_state: PromotionState | None
    started_at: datetime | None
    correlation_id: str
    timeout_ms: int


def _promotion_part(facts: ReleaseFacts) -> _PromotionPart:
    promotion = facts.promotion
    return {
        "stage": promotion.stage.name if promotion else "",
        "promotion_id": promotion.pk if promotion else None,
        "promotion_state": PromotionState(promotion.state) if promotion else None,
        "started_at": promotion.started_at if promotion else None,
        "correlation_id": str(facts.sessions[0].correlation_id) if facts.sessions else "",
        "timeout_ms": promotion.timeout_ms if promotion else conf.default_timeout_ms(),
    }


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


def _summary(facts: ReleaseFacts) -> str:
    promotion = facts.promotion
    if promotion is None:
        return "Planned; nothing was promoted yet."
    if promotion.rolled_back_at is not None:
        return f"{promotion.version} was taken back from {promotion.stage.name}."
    return _how_far(facts, promotion)


def _how_far(facts: ReleaseFacts, promotion: Promotion) -> str:
    done = sum(SlotState(step.state) in DONE_SLOTS for step in facts.steps)
    failed = sum(SlotState(step.state) in RETRYABLE_SLOTS for step in facts.steps)
    total = len(facts.steps)
    match PromotionState(promotion.state):
        case PromotionState.HELD:
            return f"{failed} of {total} services failed, the promotion is held.{_late_successes(facts)}"
        case PromotionState.PAUSED:
            return f"Paused with {done} of {total} services done."
        case PromotionState.SUCCEEDED:
            return f"{promotion.stage.name} runs {promotion.version}."
        case PromotionState.CANCELLED:
            return f"The promotion to {promotion.stage.name} was cancelled with {done} of {total} services done."
        case PromotionState.RUNNING:
            return f"{done} of {total} services done, phase {promotion.phase + 1} of {len(promotion.phases)}."


def _late_successes(facts: ReleaseFacts) -> str:
    late = {facts.dispatches[step.pk].pk: step for step in facts.steps if SlotState(step.state) in RETRYABLE_SLOTS}
    found = [step.service.slug for pk, step in late.items() if _has_succeeded(facts.late_results.get(pk))]
    return f" {' and '.join(found)} succeeded too late: accept that, or retry or skip." if found else ""


def _has_succeeded(late: LateResult | None) -> bool:
    return late is not None and late.status is CallbackStatus.SUCCEEDED


def _stage_views(facts: ReleaseFacts, upcoming: Stage | None, promote: Control) -> tuple[StageView, ...]:
    return tuple(_stage_view(facts, stage, upcoming, promote) for stage in facts.stages)


def _stage_view(facts: ReleaseFacts, stage: Stage, upcoming: Stage | None, promote: Control) -> StageView:
    latest = next((promotion for promotion in facts.promotions if promotion.stage_id == stage.pk), None)
    if stage not in on_the_way(facts.stages, facts.release.path):
        return _passed_by(stage)
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
        state="rolled_back" if latest.rolled_back_at else _STAGE_STATES[PromotionState(latest.state)],
        version=latest.version,
        detail=_progress(facts, latest),
        since=latest.finished_at,
        promote=control,
    )


def _passed_by(stage: Stage) -> StageView:
    live = stage.live_version
    return StageView(
        stage=stage.name,
        state="not_on_the_way",
        version=live.version if live else "",
        detail="" if live else "nothing runs there",
        since=stage.live_since_at,
        promote=Control(verb="promote", allowed=False, why_not="This release does not go there."),
    )


_STAGE_STATES = {
    PromotionState.RUNNING: "promoting",
    PromotionState.HELD: "held",
    PromotionState.PAUSED: "paused",
    PromotionState.SUCCEEDED: "released",
    PromotionState.CANCELLED: "cancelled",
}


def _progress(facts: ReleaseFacts, promotion: Promotion) -> str:
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
