"""Taking in what services report: stored before it is acknowledged, judged by the rules of one fan-out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.advancing import advance
from releases.actions.ledger import Ledger, open_ledger
from releases.actions.slots import MESSAGE_LIMIT, close_slot, start_clock, update_slot
from releases.clients.signing import SignedMessage, is_signed, is_token, service_secret
from releases.domain.aggregation import (
    FINAL_STATUSES,
    LATE_DISPOSITIONS,
    CallbackStatus,
    Disposition,
    Reason,
    Reception,
    Report,
    Slot,
    receive,
)
from releases.domain.errors import InvalidInput, ReleaseError
from releases.domain.journal import Kind
from releases.domain.lifecycle import CLOSED_SLOTS, SlotState
from releases.models import Callback, Dispatch
from releases.queries.clock import database_now
from releases.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.db.models import QuerySet

    from releases.models import Service

NO_HASH = "0" * 64
TOKEN_OUTLIVES_DEADLINE = timedelta(hours=24)

_KINDS = {
    Disposition.APPLIED: Kind.CALLBACK_APPLIED,
    Disposition.OUT_OF_ORDER: Kind.CALLBACK_OUT_OF_ORDER,
    Disposition.LATE: Kind.CALLBACK_LATE,
    Disposition.CONTRADICTORY: Kind.CALLBACK_CONTRADICTORY,
}


class ForgedCallback(ReleaseError):
    """No dispatch, source or token like that; the answer never tells which."""

    code = "unauthorized"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCallback:
    """A callback as it came in, already of the right types; ``sequence`` numbers the callbacks of one attempt."""

    correlation_id: UUID
    source: str
    attempt: int
    status: CallbackStatus
    percent: int | None = None
    message: str = ""
    sequence: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    signed: SignedMessage | None = None

    @property
    def message_id(self) -> str:
        """What a signed message is known by when it comes again, empty for one that is not signed."""
        return self.signed.message_id if self.signed else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the service is told: the journal entry that its callback led to (the last one, when it changed nothing)."""

    sequence: int
    duplicate: bool
    late: bool


@transaction.atomic(durable=True)
def record_callback(*, callback: IncomingCallback, token: str) -> Receipt:
    """Store and apply a callback; ``ForgedCallback`` unless the token is that of the dispatch it names.

    Of a service that signs its callbacks, the signature counts in place of the token.
    """
    known = _authenticate(callback, token)
    ledger = open_ledger(release_id=known.step.promotion.release_id, actor=callback.source)
    # Known again in its turn, by what is there now: a restore may have come in between.
    reception = take_in(ledger, _authenticate(callback, token), callback)
    tracing().note(
        release=known.step.promotion.version,
        stage=known.step.promotion.stage.name,
        service=callback.source,
        correlation_id=callback.correlation_id,
    )
    if reception.disposition is not Disposition.DUPLICATE:
        ledger.close()
    return Receipt(
        sequence=ledger.release.sequence,
        duplicate=reception.disposition is Disposition.DUPLICATE,
        late=reception.disposition in LATE_DISPOSITIONS,
    )


def take_in(ledger: Ledger, dispatch: Dispatch, callback: IncomingCallback) -> Reception:
    """Judge what a service says, keep it and do what follows; a duplicate leaves nothing."""
    slot = _slot(dispatch)
    if _is_replayed(dispatch, callback):
        return Reception(disposition=Disposition.DUPLICATE, state=slot.state, percent=slot.percent)
    reception = receive(slot, _report(callback), seen=_seen(dispatch, callback), late=_late(dispatch, callback))
    if reception.disposition is not Disposition.DUPLICATE:
        _keep(ledger, dispatch, callback, reception)
    if reception.disposition is Disposition.APPLIED:
        _apply(ledger, dispatch, callback, reception)
        advance(ledger, dispatch.step.promotion)
    return reception


def dispatches_with_steps() -> QuerySet[Dispatch]:
    """Return all dispatches, each with what judging it needs."""
    return Dispatch.objects.select_related(
        "session",
        "step__service",
        "step__promotion__stage",
        "step__promotion__started_by",
    )


def _authenticate(callback: IncomingCallback, token: str) -> Dispatch:
    dispatch = (
        dispatches_with_steps()
        .filter(session__correlation_id=callback.correlation_id, step__service__slug=callback.source)
        .first()
    )
    # The comparison also runs for a dispatch that is not there, so that the time taken tells nothing.
    genuine = is_token(token, dispatch.token_hash if dispatch else NO_HASH)
    if dispatch is not None and dispatch.step.service.signs_callbacks:
        genuine = _is_signed_by(dispatch.step.service, callback)
    if dispatch is None or not genuine or _has_expired(dispatch):
        message = "Unknown callback."
        raise ForgedCallback(message)
    if callback.attempt != dispatch.attempt:
        message = f"This dispatch is attempt {dispatch.attempt}, not {callback.attempt}."
        raise InvalidInput("attempt", message)
    return dispatch


def _is_signed_by(service: Service, callback: IncomingCallback) -> bool:
    secret = service_secret(signing_key=conf.signing_key(), service_id=service.pk, generation=service.secret_generation)
    return callback.signed is not None and is_signed(callback.signed, secret=secret, now=database_now().timestamp())


def _is_replayed(dispatch: Dispatch, callback: IncomingCallback) -> bool:
    if not (dispatch.step.service.signs_callbacks and callback.message_id):
        return False
    return dispatch.callbacks.filter(message_id=callback.message_id).exists()


def _has_expired(dispatch: Dispatch) -> bool:
    if dispatch.closed_at is None:
        return False
    return database_now() > dispatch.session.expected_deadline_at + TOKEN_OUTLIVES_DEADLINE


def _slot(dispatch: Dispatch) -> Slot:
    finals = dispatch.callbacks.filter(
        disposition=Disposition.APPLIED.value,
        status__in=[status.value for status in FINAL_STATUSES],
    )
    final = finals.values_list("status", flat=True).first()
    return Slot(
        state=SlotState(dispatch.state),
        reason=dispatch.reason,
        percent=dispatch.percent,
        last_sequence=dispatch.last_sequence,
        heard_final=CallbackStatus(final) if final else None,
        superseded=dispatch.attempt < dispatch.step.attempt,
    )


def _report(callback: IncomingCallback) -> Report:
    return Report(
        status=callback.status,
        sequence=callback.sequence,
        percent=callback.percent,
        message=callback.message[:MESSAGE_LIMIT],
        details=callback.details,
    )


def _seen(dispatch: Dispatch, callback: IncomingCallback) -> set[int]:
    if callback.sequence is None:
        return set()
    stored = dispatch.callbacks.filter(sequence=callback.sequence).values_list("sequence", flat=True)
    return {number for number in stored if number is not None}


def _late(dispatch: Dispatch, callback: IncomingCallback) -> list[Report]:
    stored = dispatch.callbacks.filter(
        status=callback.status.value,
        disposition__in=[disposition.value for disposition in LATE_DISPOSITIONS],
    )
    return [
        Report(status=callback.status, sequence=sequence, percent=percent, message=message, details=details)
        for sequence, percent, message, details in stored.values_list("sequence", "percent", "message", "details")
    ]


def _keep(ledger: Ledger, dispatch: Dispatch, callback: IncomingCallback, reception: Reception) -> None:
    Callback.objects.create(
        dispatch=dispatch,
        status=callback.status.value,
        sequence=callback.sequence,
        percent=callback.percent,
        message=callback.message[:MESSAGE_LIMIT],
        details=dict(callback.details),
        message_id=callback.message_id if dispatch.step.service.signs_callbacks else "",
        disposition=reception.disposition.value,
        received_at=ledger.now,
    )
    ledger.append(
        _KINDS[reception.disposition],
        service=callback.source,
        correlation_id=str(callback.correlation_id),
        attempt=callback.attempt,
        status=callback.status.value,
        state=reception.state.value,
        percent=reception.percent,
        message=callback.message[:MESSAGE_LIMIT],
    )


def _apply(ledger: Ledger, dispatch: Dispatch, callback: IncomingCallback, reception: Reception) -> None:
    start_clock(ledger, dispatch.session)
    if callback.sequence is not None:
        dispatch.last_sequence = max(callback.sequence, dispatch.last_sequence or 0)
    dispatch.heard_at = ledger.now
    dispatch.percent = reception.percent
    if reception.state in CLOSED_SLOTS:
        close_slot(ledger, dispatch, reception.state, reason=Reason.REPORTED, message=callback.message)
    else:
        update_slot(ledger, dispatch, reception.state, percent=reception.percent, message=callback.message)
