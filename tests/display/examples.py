"""Views as the queries would fill them: a release of five services that is held in STAGING."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from releases.domain.aggregation import CallbackStatus
from releases.domain.forecasts import foresee
from releases.domain.lifecycle import RETRYABLE_SLOTS, PromotionState, ReleaseState, SlotState
from releases.domain.rules import Severity
from releases.domain.verdicts import Reason, Verdict
from releases.queries.forecast_views import ForecastPanel
from releases.queries.freeze_views import FreezePanel
from releases.queries.gate_panel import NO_GATES
from releases.queries.notes_views import DRAFT
from releases.queries.validation_views import ValidationPanel
from releases.queries.views import Control, Entry, LateResult, ReleaseView, StageView, StepView, SummaryView, WayBack

NOW = datetime(2026, 11, 22, 14, 3, 41, tzinfo=UTC)
PHASES = (("inventory",), ("checkout", "recommendations"), ("web",), ("helm",))
NEEDS = {
    "checkout": frozenset({"inventory"}),
    "recommendations": frozenset({"inventory"}),
    "web": frozenset({"checkout", "inventory", "recommendations"}),
    "helm": frozenset({"web"}),
}
VIEWER = "You need the role release manager."


def control(verb: str, why_not: str = "") -> Control:
    return Control(verb=verb, allowed=not why_not, why_not=why_not)


def step(service: str, phase: int, state: SlotState, refusal: str = "") -> StepView:
    is_open = state in {SlotState.PENDING, SlotState.IN_PROGRESS}
    why_not = refusal if state in RETRYABLE_SLOTS else "Nothing to mend."
    return StepView(
        service=service,
        phase=phase,
        from_version="1.2.3",
        to_version="1.3.0",
        state=state,
        message="schema mismatch" if state is SlotState.FAILED else "",
        percent=40 if state is SlotState.IN_PROGRESS else None,
        attempt=1,
        started_at=None if state is SlotState.PENDING else NOW,
        deadline_at=None if state is SlotState.PENDING else NOW + timedelta(seconds=27),
        late_result=SUCCEEDED_LATE if state is SlotState.FAILED else None,
        finished_at=None if is_open else NOW + timedelta(seconds=4),
        retry=control("retry", why_not),
        skip=control("skip", why_not),
        accept=control("accept", why_not),
    )


SUCCEEDED_LATE = LateResult(
    status=CallbackStatus.SUCCEEDED, message="after all", reported_at=NOW + timedelta(seconds=9)
)


def stage(name: str, state: str, version: str) -> StageView:
    return StageView(stage=name, state=state, version=version, detail="", since=None, promote=control("promote", "No."))


def held_release(refusal: str = "") -> ReleaseView:
    """Give the release as somebody sees it who may act, or may not for the reason of ``refusal``."""
    states = {"inventory": SlotState.SUCCEEDED, "checkout": SlotState.FAILED, "recommendations": SlotState.IN_PROGRESS}
    return ReleaseView(
        pk=1,
        version="2.2.0-rc.1",
        target_version="2.2.0",
        kind="synchronized",
        title="Autumn catalogue",
        state=ReleaseState.HELD,
        stage="STAGING",
        promotion_id=3,
        promotion_state=PromotionState.HELD,
        sequence=12,
        lock_version=4,
        created_by="manager",
        created_at=NOW,
        started_at=NOW,
        summary="1 of 5 services failed, the promotion is held",
        correlation_id="7f0cbe1a-33aa-4a57-9f1e-0a5f3a11de41",
        timeout_ms=27_000,
        stages=(stage("STAGING", "held", "2.2.0-rc.1"), stage("PROD", "waiting", "2.1.0")),
        phases=PHASES,
        depends_on=NEEDS,
        waits_for=NEEDS,
        train="",
        steps=tuple(
            step(name, number, states.get(name, SlotState.PENDING), refusal)
            for number, phase in enumerate(PHASES, start=1)
            for name in phase
        ),
        summaries=(
            SummaryView(
                correlation_id="7f0c", phase=1, status="succeeded", expected=1, received=1, respondents=1, errors=0
            ),
        ),
        entries=(
            Entry(
                sequence=12,
                at=NOW,
                kind="slot.closed",
                actor="board",
                service="checkout",
                payload={"state": "failed", "message": "schema mismatch"},
            ),
        ),
        promote=control("promote", "checkout failed in STAGING: retry or skip it first."),
        promote_stage="PROD",
        pause=control("pause", refusal),
        resume=control("resume", "The promotion is not paused."),
        cancel=control("cancel", refusal),
        roll_back=control("roll_back", refusal),
        recover=control("recover", "2.2.0-rc.1 can be rolled back."),
        way_back=WayBack(stage="STAGING", target="2.1.0"),
        verdict=Verdict(
            reasons=(
                Reason(
                    code="range-broken",
                    severity=Severity.ERROR,
                    service="web",
                    other="checkout",
                    text="web needs checkout ^1.5",
                    evidence="constraint:7",
                    fix="Take checkout 1.5.3.",
                ),
            ),
        ),
        notes="",
        notes_revision=DRAFT,
        freezes=FreezePanel(stages=("STAGING", "PROD"), all_stages=True, freezes=(), freeze=control("freeze", refusal)),
        gates=NO_GATES,
        forecast=ForecastPanel(
            stage="STAGING",
            state="waiting",
            forecast=foresee(PHASES, {}, 27_000),
            eta_at=None,
            latest_at=None,
            left_p50_ms=None,
            left_p90_ms=81_000,
            waited_ms=0,
            waiting_since=NOW,
            waits=("A service failed: somebody has to retry it, skip it or take the release back.",),
            ended=None,
        ),
        validation=ValidationPanel(control=control("validate", refusal), stage="", stages=()),
    )


def release_before_prod() -> ReleaseView:
    """Give the release as it waits for its last stage."""
    return replace(
        held_release(),
        state=ReleaseState.WAITING,
        promotion_state=PromotionState.SUCCEEDED,
        promote=control("promote"),
    )
