"""Accepting a success that a service reported too late: by a person's decision, never by the report itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.advancing import advance
from releases.actions.slots import record_deployment
from releases.actions.turns import find_step, refuse, take_turn
from releases.domain.aggregation import Reason
from releases.domain.journal import Kind
from releases.domain.lifecycle import STEP_MOVES, SlotState, move
from releases.domain.steering import why_not_accept
from releases.queries.late_results import late_result, step_situation

if TYPE_CHECKING:
    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor
    from releases.models import PromotionStep
    from releases.queries.views import LateResult

DONE_PERCENT = 100


@transaction.atomic(durable=True)
def accept_late_result(
    *, actor: Actor, version: str, service: str, lock_version: int | None = None, key: str = ""
) -> None:
    """Let a failed service count as done by what its last attempt reported too late; refused without such a success.

    The attempt's slot and the summary of its session stay as they were closed.
    """
    turn = take_turn(actor=actor, version=version, key=key, command="accept", service=service)
    if turn.answer is not None:
        return
    turn.claim(lock_version)
    step = find_step(turn.steered, service)
    late = late_result(step)
    refuse(why_not_accept(turn.situation, step_situation(step, late)))
    assert late is not None  # noqa: S101 (else it is refused)
    _accept(turn.ledger, step, late)
    advance(turn.ledger, turn.steered)
    turn.end(accepted=step.pk)


def _accept(ledger: Ledger, step: PromotionStep, late: LateResult) -> None:
    step.state = move(STEP_MOVES, SlotState(step.state), SlotState.SUCCEEDED).value
    step.reason, step.message, step.percent = Reason.LATE_RESULT.value, late.message, DONE_PERCENT
    step.finished_at = late.reported_at
    step.save(update_fields=["state", "reason", "message", "percent", "finished_at"])
    ledger.append(
        Kind.STEP_ACCEPTED,
        service=step.service.slug,
        attempt=step.attempt,
        message=late.message,
        reported_at=late.reported_at.isoformat(),
    )
    record_deployment(ledger, step)
