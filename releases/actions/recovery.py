"""What follows a failure by itself: undoing a promotion, trying a rollback again, and the emergency recovery."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.advancing import advance
from releases.actions.ledger import open_ledger
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.slots import open_session
from releases.actions.steering import REASON_LIMIT, leave_out
from releases.actions.turns import refuse, take_turn
from releases.domain.errors import InvalidInput, ReleaseError
from releases.domain.journal import Kind
from releases.domain.lifecycle import RETRYABLE_SLOTS, OnFailure, PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.steering import why_not_recover
from releases.models import Freeze, Promotion, PromotionStep
from releases.queries.access import actor_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor

LOG = logging.getLogger(__name__)
# The first try and two more: what fails three times in a row needs a person.
ATTEMPTS = 3
FROZEN_FOR = timedelta(hours=24)
_FAILED = [state.value for state in RETRYABLE_SLOTS]


def answer_failures() -> int:
    """Do what was decided beforehand about every held promotion; return how many there were.

    Any number of processes may do so at once: each looks again under the release's lock.
    """
    held = list(_held().exclude(on_failure=OnFailure.HOLD.value).values_list("pk", "release_id", "on_failure"))
    for promotion_id, release_id, answer in held:
        if OnFailure(answer) is OnFailure.ROLL_BACK:
            _undo(promotion_id)
        else:
            _leave_behind(promotion_id, release_id)
    again = _held().filter(release__kind=ROLLBACK, on_failure=OnFailure.HOLD.value, steps__in=_worth_another_try())
    tries = list(again.distinct().values_list("pk", "release_id"))
    for promotion_id, release_id in tries:
        _try_again(promotion_id, release_id)
    return len(held) + len(tries)


def _held() -> QuerySet[Promotion]:
    return Promotion.objects.filter(state=PromotionState.HELD.value).select_related("stage", "started_by", "release")


def _worth_another_try() -> QuerySet[PromotionStep]:
    return PromotionStep.objects.filter(state__in=_FAILED, attempt__lt=ATTEMPTS)


def _undo(promotion_id: int) -> None:
    """Take the release back in the name of who started it; where there is no way back, a person decides after all."""
    promotion = _held().filter(pk=promotion_id).first()
    if promotion is None:
        return
    failed = promotion.steps.filter(state__in=_FAILED).values_list("service__slug", flat=True)
    request = RollbackRequest(
        version=promotion.release.version,
        reason=f"{', '.join(failed)} failed",
        stage=promotion.stage.name,
        # What goes back had succeeded; what failed never ran.
        quarantine=False,
    )
    try:
        roll_back(actor=actor_of(promotion.started_by), request=request)
    except ReleaseError as refusal:
        LOG.warning("%s cannot be undone: %s", promotion, refusal.message)
        _leave_to_people(promotion_id, promotion.release_id, refusal.message)


@transaction.atomic(durable=True)
def _leave_to_people(promotion_id: int, release_id: int, why: str) -> None:
    ledger = open_ledger(release_id=release_id, actor="board")
    promotion = _held().filter(pk=promotion_id, on_failure=OnFailure.ROLL_BACK.value).first()
    if promotion is None:
        return
    promotion.on_failure = OnFailure.HOLD.value
    promotion.save(update_fields=["on_failure"])
    ledger.append(Kind.ROLLBACK_REFUSED, stage=promotion.stage.name, reason=why[:REASON_LIMIT])
    ledger.close()


@transaction.atomic(durable=True)
def _try_again(promotion_id: int, release_id: int) -> None:
    ledger = open_ledger(release_id=release_id, actor="board")
    promotion = _held().filter(pk=promotion_id).first()
    if promotion is None:
        return
    steps = list(_worth_another_try().filter(promotion=promotion, phase=promotion.phase).select_related("service"))
    for step in steps:
        step.promotion = promotion
    if steps:
        open_session(ledger, promotion, steps)
    for step in steps:
        ledger.append(Kind.STEP_RETRIED, service=step.service.slug, attempt=step.attempt)
    advance(ledger, promotion)
    ledger.close()


@transaction.atomic(durable=True)
def recover(*, actor: Actor, version: str, reason: str, lock_version: int | None = None, key: str = "") -> None:
    """Freeze the stage of a held rollback, leave behind what failed, and bring everything else back."""
    if not reason.strip():
        raise InvalidInput("reason", "Say why the rest has to go back without what failed.")
    turn = take_turn(actor=actor, version=version, key=key, command="recover", reason=reason)
    if turn.answer is not None:
        return
    turn.claim(lock_version)
    refuse(why_not_recover(turn.situation, turn.ledger.release.kind))
    promotion, ledger = turn.steered, turn.ledger
    Freeze.objects.create(
        stage=promotion.stage,
        starts_at=ledger.now,
        ends_at=ledger.now + FROZEN_FOR,
        reason=f"Emergency recovery of {version}: {reason}"[:300],
        declared_by=actor.name,
    )
    promotion.on_failure = OnFailure.LEAVE.value
    promotion.save(update_fields=["on_failure"])
    left = promotion.steps.filter(state__in=_FAILED).order_by("service__slug").values_list("service__slug", flat=True)
    ledger.append(Kind.RECOVERY_STARTED, stage=promotion.stage.name, left=list(left), reason=reason[:REASON_LIMIT])
    _leave(ledger, promotion)
    turn.end(recovering=promotion.pk)


@transaction.atomic(durable=True)
def _leave_behind(promotion_id: int, release_id: int) -> None:
    ledger = open_ledger(release_id=release_id, actor="board")
    promotion = _held().filter(pk=promotion_id, on_failure=OnFailure.LEAVE.value).first()
    if promotion is None:
        return
    _leave(ledger, promotion)
    ledger.close()


def _leave(ledger: Ledger, promotion: Promotion) -> None:
    """Skip what failed, each with what it said last, and go on."""
    for step in promotion.steps.filter(state__in=_FAILED).select_related("service"):
        leave_out(ledger, step, f"left behind by the emergency recovery: {step.message or step.reason}")
    advance(ledger, promotion)
