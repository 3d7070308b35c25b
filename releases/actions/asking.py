"""Asking services that are about to time out: what one says counts as if it had called back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.advancing import advance
from releases.actions.callbacks import IncomingCallback, dispatches_with_steps, take_in
from releases.actions.claims import free, take
from releases.actions.ledger import Ledger, open_ledger
from releases.actions.sweeping import time_out_if_overdue
from releases.clients.questions import Question, Truth, ask_services
from releases.domain.aggregation import FINAL_STATUSES, Report
from releases.domain.journal import Kind
from releases.domain.lifecycle import OPEN_SLOTS
from releases.models import Dispatch
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

BATCH = 200


def ask_overdue_services() -> int:
    """Ask every service whose word is waited for, and return how many; whatever one says or not, its slot goes on."""
    if not _waiting(database_now()).exists():
        return 0
    claimed = {dispatch.pk: dispatch for dispatch in _claim()}

    def settle(question: Question, truth: Truth) -> None:
        dispatch = claimed[question.dispatch_id]
        _settle(dispatch.step.promotion.release_id, dispatch.pk, dispatch.claim_no, truth)

    ask_services([Question(dispatch_id=pk, url=dispatch.status_url) for pk, dispatch in claimed.items()], settle)
    return len(claimed)


def _waiting(now: datetime) -> QuerySet[Dispatch]:
    return (
        Dispatch.objects.select_related("step__promotion")
        .filter(free(now), state__in=[state.value for state in OPEN_SLOTS], asked_at__isnull=False)
        .order_by("asked_at")
    )


@transaction.atomic(durable=True)
def _claim() -> list[Dispatch]:
    now = database_now()
    return take(_waiting(now), now, at_most=BATCH)


@transaction.atomic(durable=True)
def _settle(release_id: int, dispatch_id: int, claim_no: int, truth: Truth) -> None:
    ledger = open_ledger(release_id=release_id, actor="board")
    dispatch = dispatches_with_steps().get(pk=dispatch_id)
    if dispatch.claim_no != claim_no or dispatch.asked_at is None or dispatch.closed_at is not None:
        return
    # Answered: should its time come again, it may be asked again.
    dispatch.asked_at = dispatch.claimed_until = None
    dispatch.save(update_fields=["asked_at", "claimed_until"])
    _note(ledger, dispatch, truth)
    if truth.report and _counts(dispatch, truth.report, ledger.now):
        take_in(ledger, dispatch, _callback(dispatch, truth.report))
    else:
        time_out_if_overdue(ledger, dispatch)
    advance(ledger, dispatch.step.promotion)
    ledger.close()


def _counts(dispatch: Dispatch, report: Report, now: datetime) -> bool:
    """A result always counts; that it is still at work buys a service no time beyond the deadline."""
    deadline = dispatch.session.deadline_at
    return report.status in FINAL_STATUSES or deadline is None or deadline > now


def _note(ledger: Ledger, dispatch: Dispatch, truth: Truth) -> None:
    ledger.append(
        Kind.SERVICE_ASKED,
        service=dispatch.step.service.slug,
        correlation_id=str(dispatch.session.correlation_id),
        attempt=dispatch.attempt,
        status=truth.report.status.value if truth.report else "",
        reason=truth.problem,
    )


def _callback(dispatch: Dispatch, report: Report) -> IncomingCallback:
    return IncomingCallback(
        correlation_id=dispatch.session.correlation_id,
        source=dispatch.step.service.slug,
        attempt=dispatch.attempt,
        status=report.status,
        percent=report.percent,
        message=report.message,
    )
