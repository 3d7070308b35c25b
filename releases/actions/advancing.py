"""What follows from the steps: the next phase, a hold, the end. One idempotent decision, whoever woke it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from releases.actions.hotfixes import charge_hotfix
from releases.actions.observing import open_observation
from releases.actions.registry_records import move_record
from releases.actions.slots import close_session_when_done, open_session
from releases.actions.validations import request_after_promotion
from releases.domain.aggregation import PhaseOutcome, phase_outcome
from releases.domain.errors import Conflict
from releases.domain.journal import Kind
from releases.domain.lifecycle import (
    DONE_SLOTS,
    PROMOTION_MOVES,
    RETRYABLE_SLOTS,
    PromotionState,
    ReleaseState,
    SessionState,
    SlotState,
    move,
)
from releases.domain.plan_kinds import ALONE, ROLLBACK
from releases.models import PlatformVersion, Promotion, PromotionStep, Stage
from releases.queries.paths import stages_of

if TYPE_CHECKING:
    from datetime import datetime

    from releases.actions.ledger import Ledger
    from releases.models import Observation

_RELEASE_STATE = {
    PromotionState.RUNNING: ReleaseState.PROMOTING,
    PromotionState.HELD: ReleaseState.HELD,
    PromotionState.PAUSED: ReleaseState.PAUSED,
}


class FencedOut(Conflict):
    """A later promotion took the stage; this one may not write there any more."""

    code = "fenced-out"


def advance(ledger: Ledger, promotion: Promotion) -> None:
    """Bring a promotion as far as its steps allow; safe to call any number of times under the release's lock."""
    for session in promotion.sessions.filter(state=SessionState.RUNNING.value):
        close_session_when_done(ledger, session)
    if PromotionState(promotion.state) not in {PromotionState.RUNNING, PromotionState.HELD}:
        return
    while _advance_phase(ledger, promotion):
        promotion.phase += 1
        promotion.save(update_fields=["phase"])


def set_promotion_state(ledger: Ledger, promotion: Promotion, state: PromotionState) -> bool:
    """Move an open promotion, and its release with it, to another open state; tell whether that changed anything."""
    current = PromotionState(promotion.state)
    if current is state:
        return False
    promotion.state = move(PROMOTION_MOVES, current, state).value
    note_wait(promotion, ledger.now, waits=state is not PromotionState.RUNNING)
    promotion.save(update_fields=["state", "waited_ms", "waiting_since"])
    ledger.move(_RELEASE_STATE[state])
    return True


def note_wait(promotion: Promotion, now: datetime, *, waits: bool) -> None:
    """Count the time in which a promotion waits for people, apart from what the services take; the caller saves."""
    since, promotion.waiting_since = promotion.waiting_since, None
    if waits:
        promotion.waiting_since = since or now
    elif since is not None:
        promotion.waited_ms += round((now - since) / timedelta(milliseconds=1))


def _advance_phase(ledger: Ledger, promotion: Promotion) -> bool:
    """Settle the present phase; True when the next one is to be looked at."""
    steps = list(promotion.steps.filter(phase=promotion.phase).select_related("service"))
    outcome = phase_outcome([SlotState(step.state) for step in steps])
    if outcome is PhaseOutcome.ADVANCE:
        if promotion.phase + 1 >= len(promotion.phases):
            _succeed(ledger, promotion)
            return False
        return True
    if outcome is PhaseOutcome.HOLD:
        _hold(ledger, promotion, steps)
    else:
        set_promotion_state(ledger, promotion, PromotionState.RUNNING)
        _ask_unasked(ledger, promotion, steps)
    return False


def _ask_unasked(ledger: Ledger, promotion: Promotion, steps: list[PromotionStep]) -> None:
    unasked = [step for step in steps if step.attempt == 0 and SlotState(step.state) not in DONE_SLOTS]
    if unasked:
        open_session(ledger, promotion, unasked)


def _hold(ledger: Ledger, promotion: Promotion, steps: list[PromotionStep]) -> None:
    if set_promotion_state(ledger, promotion, PromotionState.HELD):
        failed = [step.service.slug for step in steps if SlotState(step.state) in RETRYABLE_SLOTS]
        ledger.append(Kind.PROMOTION_HELD, stage=promotion.stage.name, failed=failed)


def _succeed(ledger: Ledger, promotion: Promotion) -> None:
    # A skip may end a promotion that is held; both tables lead from there to the end through running.
    set_promotion_state(ledger, promotion, PromotionState.RUNNING)
    promotion.state = move(PROMOTION_MOVES, PromotionState(promotion.state), PromotionState.SUCCEEDED).value
    promotion.finished_at = ledger.now
    promotion.save(update_fields=["state", "finished_at"])
    observed = _make_live(ledger, promotion)
    ledger.append(Kind.PROMOTION_SUCCEEDED, stage=promotion.stage.name, version=promotion.version)
    move_record(ledger, promotion)
    if any(stage.position > promotion.stage.position for stage in stages_of(ledger.release)):
        ledger.move(ReleaseState.WAITING)
    else:
        if observed and ledger.release.kind in ALONE:
            _record_evidence(ledger, observed)
        charge_hotfix(ledger, promotion.stage)
        ledger.move(ReleaseState.RELEASED)
        is_back = {"release_kind": ROLLBACK} if ledger.release.kind == ROLLBACK else {}
        ledger.append(Kind.RELEASE_RELEASED, version=promotion.version, **is_back)
    request_after_promotion(ledger, promotion)


def _record_evidence(ledger: Ledger, observed: Observation) -> None:
    """Say that a set which nobody had approved as a whole now runs: what was seen is added, no approval is touched."""
    ledger.append(
        Kind.EVIDENCE_RECORDED,
        stage=observed.stage.name,
        version=observed.platform_version,
        observation=observed.pk,
        services=observed.manifest,
        sessions=observed.sessions,
    )


def _make_live(ledger: Ledger, promotion: Promotion) -> Observation | None:
    label = PlatformVersion.objects.get(version=promotion.version)
    changed = Stage.objects.filter(pk=promotion.stage_id, epoch=promotion.epoch).update(
        live_version=label,
        live_since_at=ledger.now,
    )
    if not changed:
        message = f"{promotion.stage.name} was taken over by a later promotion."
        raise FencedOut(message)
    return open_observation(promotion.stage, platform_version=label.version, at=ledger.now, promotion=promotion)
