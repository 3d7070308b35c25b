"""Bugs in how callbacks are taken in."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions import callbacks
from releases.actions.callbacks import ForgedCallback, Receipt, dispatches_with_steps
from releases.actions.ledger import open_ledger
from releases.api import callbacks as callback_api
from releases.domain.aggregation import FINAL_STATUSES, LATE_DISPOSITIONS, Disposition
from releases.domain.lifecycle import PromotionState, SlotState
from releases.models import Callback, Dispatch, PlatformVersion, PromotionStep, Stage
from tests.chaos.bugs.planting import bug, changed
from tests.threads import on_its_own_connection

if TYPE_CHECKING:
    from releases.actions.callbacks import IncomingCallback
    from releases.actions.ledger import Ledger
    from releases.domain.aggregation import Reception
    from tests.chaos.bugs.planting import Changes

LOG = logging.getLogger(__name__)
# Long enough for a process to die, or for somebody else to act, in between.
A_WHILE_S = 0.1


@bug("acknowledges a callback first and stores it a moment later", "I1")
def acknowledged_before_stored() -> Changes:
    record, gone, threads = callbacks.record_callback, threading.Event(), list[threading.Thread]()

    def store_later(callback: IncomingCallback, token: str) -> None:
        # A process that ends meanwhile takes the callback with it.
        if gone.wait(A_WHILE_S):
            return
        try:
            on_its_own_connection(lambda: record(callback=callback, token=token))
        except BaseException:  # a process that dies at a point dies by one of these in a test
            LOG.warning("a callback was acknowledged, but not stored", exc_info=True)

    def acknowledge(*, callback: IncomingCallback, token: str) -> Receipt:
        dispatch = callbacks._authenticate(callback, token)  # noqa: SLF001
        threads.append(threading.Thread(target=store_later, args=(callback, token), name="store later"))
        threads[-1].start()
        return Receipt(sequence=dispatch.step.promotion.release.sequence, duplicate=False, late=False)

    return [changed(callback_api, record_callback=acknowledge), _at_the_end(gone, threads)]


def _at_the_end(gone: threading.Event, threads: list[threading.Thread]) -> ExitStack:
    def let_go() -> None:
        gone.set()
        for thread in threads:
            thread.join()

    end = ExitStack()
    end.callback(let_go)
    return end


@bug("refuses a callback that is faster than the board's own note of the sent order", "I9")
def refused_while_pending() -> Changes:
    authenticate = callbacks._authenticate  # noqa: SLF001

    def strict(callback: IncomingCallback, token: str) -> Dispatch:
        dispatch = authenticate(callback, token)
        if SlotState(dispatch.state) is SlotState.PENDING:
            raise ForgedCallback("Unknown callback.")
        return dispatch

    return [changed(callbacks, _authenticate=strict)]


@bug("lets a later result of another kind overwrite the first", "I2", "I4", "I14")
def late_result_overwrites() -> Changes:
    take_in = callbacks.take_in

    def overwriting(ledger: Ledger, dispatch: Dispatch, callback: IncomingCallback) -> Reception:
        reception = take_in(ledger, dispatch, callback)
        if reception.disposition is Disposition.CONTRADICTORY:
            Callback.objects.filter(dispatch=dispatch, status=callback.status).update(disposition=Disposition.APPLIED)
            Dispatch.objects.filter(pk=dispatch.pk).update(state=callback.status.value)
            PromotionStep.objects.filter(pk=dispatch.step_id).update(state=callback.status.value)
        return reception

    return [changed(callbacks, take_in=overwriting)]


@bug("makes a promotion live when its services report success after it was cancelled", "I6")
def cancelled_promotion_made_live() -> Changes:
    take_in = callbacks.take_in

    def generous(ledger: Ledger, dispatch: Dispatch, callback: IncomingCallback) -> Reception:
        reception = take_in(ledger, dispatch, callback)
        promotion = dispatch.step.promotion
        is_over = PromotionState(promotion.state) is PromotionState.CANCELLED
        if is_over and reception.disposition in LATE_DISPOSITIONS and callback.status in FINAL_STATUSES:
            label = PlatformVersion.objects.get(version=promotion.version)
            Stage.objects.filter(pk=promotion.stage_id).update(live_version=label)
        return reception

    return [changed(callbacks, take_in=generous)]


@bug("believes every token", "I10")
def forged_token_believed() -> Changes:
    return [changed(callbacks, is_token=lambda _token, _stored_hash: True)]


@bug("judges a callback by what it read before it had the release's lock", "I2", "I4", "I7", "I8", "I14")
def judged_without_lock() -> Changes:
    def record_stale(*, callback: IncomingCallback, token: str) -> Receipt:
        dispatch = callbacks._authenticate(callback, token)  # noqa: SLF001
        stale = dispatches_with_steps().get(pk=dispatch.pk)
        time.sleep(A_WHILE_S)
        return _taken_in(stale, callback)

    return [changed(callback_api, record_callback=record_stale)]


@transaction.atomic(durable=True)
def _taken_in(stale: Dispatch, callback: IncomingCallback) -> Receipt:
    ledger = open_ledger(release_id=stale.step.promotion.release_id, actor=callback.source)
    reception = callbacks.take_in(ledger, stale, callback)
    ledger.close()
    late = reception.disposition in LATE_DISPOSITIONS
    return Receipt(sequence=ledger.release.sequence, duplicate=False, late=late)


@bug("does not look what follows once the last callback of a phase is in", "I8")
def last_callback_moves_nothing() -> Changes:
    def do_nothing(_ledger: Ledger, _promotion: object) -> None:
        pass

    return [changed(callbacks, advance=do_nothing)]


RECEIVING = (
    acknowledged_before_stored,
    refused_while_pending,
    late_result_overwrites,
    cancelled_promotion_made_live,
    forged_token_believed,
    judged_without_lock,
    last_callback_moves_nothing,
)
