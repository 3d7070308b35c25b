"""Bugs in how services are asked."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from bookverse.management.commands import serve
from releases.actions import callbacks, claims, dispatches, sweeping
from releases.actions.slots import close_slot
from releases.clients.services import send_orders
from releases.domain.aggregation import Reason, Sending, sending_outcome
from releases.domain.lifecycle import SlotState
from releases.models import Dispatch, PromotionStep
from releases.queries.clock import database_now
from tests.chaos.bugs.planting import bug, changed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from releases.actions.ledger import Ledger
    from releases.clients.services import Order
    from releases.domain.aggregation import Answer
    from releases.models import AggregationSession
    from tests.chaos.bugs.planting import Changes

LOG = logging.getLogger(__name__)


@bug("sends every order under a new key, so that a repeated one starts a second deployment", "I3")
def new_key_on_each_send() -> Changes:
    def sending(orders: Sequence[Order], settle: Callable[[Order, Answer], None]) -> None:
        renamed = {str(uuid.uuid4()): order for order in orders}
        wire = [replace(order, key=key) for key, order in renamed.items()]
        send_orders(wire, lambda order, answer: settle(renamed[order.key], answer))

    return [changed(dispatches, send_orders=sending)]


@bug("writes the answer to an order down without looking whether a callback went further", "I4", "I8", "I14")
def unfenced_answer() -> Changes:
    settle = dispatches._settle  # noqa: SLF001

    def settling(dispatch_id: int, claim_no: int, answer: Answer) -> None:
        settle(dispatch_id, claim_no, answer)
        if sending_outcome(answer) is Sending.DELIVERED:
            sent = {"state": SlotState.DISPATCHED.value, "sent_at": database_now(), "closed_at": None}
            Dispatch.objects.filter(pk=dispatch_id).update(**sent)
            PromotionStep.objects.filter(dispatches=dispatch_id).update(state=SlotState.DISPATCHED.value)

    return [changed(dispatches, _settle=settling)]


@bug("claims work for a day, so that what a dead process was at is nobody's", "I8")
def claims_never_lapse() -> Changes:
    day = timedelta(days=1)
    return [
        changed(claims, CLAIM=day),
        changed(sweeping, take_over=_leave_it),
        changed(serve, take_over=_leave_it),
    ]


def _leave_it() -> None:
    pass


@bug("keeps deadlines in the memory of the process that set them", "I8")
def deadlines_in_memory() -> Changes:
    deadlines: dict[int, datetime] = {}

    def start_clock(ledger: Ledger, session: AggregationSession) -> None:
        deadlines.setdefault(session.pk, ledger.now + timedelta(milliseconds=session.timeout_ms))

    def is_overdue(now: datetime) -> Q:
        return Q(session__in=[session for session, deadline in list(deadlines.items()) if deadline <= now])

    def end_if_overdue(ledger: Ledger, dispatch: Dispatch) -> None:
        if deadlines.get(dispatch.session_id, ledger.now + timedelta(days=1)) <= ledger.now:
            close_slot(ledger, dispatch, SlotState.TIMED_OUT, reason=Reason.DEADLINE)

    return [
        changed(callbacks, start_clock=start_clock),
        changed(dispatches, start_clock=start_clock),
        changed(sweeping, _is_overdue=is_overdue, _end_if_overdue=end_if_overdue),
    ]


@bug("writes the token of every order into the log", "I15")
def token_logged() -> Changes:
    order_of = dispatches._order  # noqa: SLF001

    def telling(dispatch: Dispatch) -> Order:
        order = order_of(dispatch)
        LOG.warning("asking %s: %s", order.service, order.body())
        return order

    return [changed(dispatches, _order=telling)]


SENDING = (new_key_on_each_send, unfenced_answer, claims_never_lapse, deadlines_in_memory, token_logged)
