"""Self-healing, where an administrator switched it on: asking again what got lost, and waking what got stuck."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from releases import conf
from releases.actions.advancing import advance
from releases.actions.ledger import open_ledger
from releases.actions.slots import open_session
from releases.domain.healing import is_due, why_not_heal
from releases.domain.journal import Kind
from releases.domain.lifecycle import OPEN_SLOTS, RETRYABLE_SLOTS, OnFailure, PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.models import JournalEntry, Promotion
from releases.queries.clock import database_now
from releases.queries.gates import closed_gate

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from releases.actions.ledger import Ledger
    from releases.models import PromotionStep

LOG = logging.getLogger(__name__)
# Whatever moves a promotion does so in the transaction of what it follows; this long is never.
STUCK_FOR = timedelta(seconds=30)
_FAILED = [state.value for state in RETRYABLE_SLOTS]
_OPEN = [state.value for state in OPEN_SLOTS]


def heal() -> int:
    """Look after every promotion that is held or stuck; return how many there were.

    Any number of processes may do so at once: each looks again under the release's lock.
    """
    if not conf.self_healing():
        return 0
    found = [*_retryable().values_list("pk", "release_id"), *_stuck().values_list("pk", "release_id")]
    for promotion_id, release_id in found:
        _heal(promotion_id, release_id)
    return len(found)


def _retryable() -> QuerySet[Promotion]:
    """Return what waits for a person; what answers failures by itself, or goes back, has its own way."""
    held = Promotion.objects.filter(state=PromotionState.HELD.value, on_failure=OnFailure.HOLD.value)
    return held.exclude(release__kind=ROLLBACK)


def _stuck() -> QuerySet[Promotion]:
    """Return what runs though nobody is asked any more, and nothing happened to it for long."""
    running = Promotion.objects.filter(
        state=PromotionState.RUNNING.value,
        started_at__lt=database_now() - STUCK_FOR,
        release__updated_at__lt=database_now() - STUCK_FOR,
    )
    return running.exclude(Q(sessions__dispatches__state__in=_OPEN)).distinct()


@transaction.atomic(durable=True)
def _heal(promotion_id: int, release_id: int) -> None:
    ledger = open_ledger(release_id=release_id, actor="board")
    promotion = _retryable().select_related("stage", "release").filter(pk=promotion_id).first()
    if promotion is not None:
        _ask_again(ledger, promotion)
        return
    stuck = _stuck().select_related("stage", "release").filter(pk=promotion_id).first()
    if stuck is not None:
        _wake(ledger, stuck)


def _ask_again(ledger: Ledger, promotion: Promotion) -> None:
    steps = list(promotion.steps.filter(state__in=_FAILED).select_related("service"))
    lost = [(step.reason, step.attempt) for step in steps]
    if why_not_heal(lost, tries=conf.self_healing_tries()) or not _are_due(ledger, steps):
        return
    if closed_gate(promotion.stage, promotion.release.kind) is not None:
        return
    ledger.append(
        Kind.PROMOTION_HEALED,
        stage=promotion.stage.name,
        act="retry",
        services=[step.service.slug for step in steps],
        reason=steps[0].reason,
        tries=max(step.attempt for step in steps),
    )
    for step in steps:
        step.promotion = promotion
    open_session(ledger, promotion, steps)
    for step in steps:
        ledger.append(Kind.STEP_RETRIED, service=step.service.slug, attempt=step.attempt)
    advance(ledger, promotion)
    ledger.close()


def _are_due(ledger: Ledger, steps: list[PromotionStep]) -> bool:
    return all(step.finished_at and is_due(step.finished_at, step.attempt, ledger.now) for step in steps)


def _wake(ledger: Ledger, promotion: Promotion) -> None:
    """Look at the promotion as any callback would; what that does not wake is woken a few times, and then left."""
    tries = JournalEntry.objects.filter(
        release=promotion.release,
        kind=Kind.PROMOTION_HEALED.value,
        payload__act="restart",
        payload__promotion=promotion.pk,
    ).count()
    if tries >= conf.self_healing_tries():
        return
    LOG.warning("%s was stuck; the board looks at it again", promotion)
    ledger.append(
        Kind.PROMOTION_HEALED,
        stage=promotion.stage.name,
        act="restart",
        promotion=promotion.pk,
        services=[],
        reason="stuck",
        tries=tries + 1,
    )
    advance(ledger, promotion)
    ledger.close()
