"""Callbacks: what services report, authenticated by the token of the dispatch that they answer."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from ninja import Router
from ninja.security.http import HttpAuthBase

from releases.actions.callbacks import ForgedCallback, IncomingCallback, Receipt, record_callback
from releases.api.answers import ReceiptAnswer
from releases.api.bodies import CallbackBody
from releases.api.problems import TooLarge
from releases.clients.signing import SignedMessage
from releases.metrics import CALLBACKS

MAX_BODY = 64 * 1024
SCHEME = "bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a callback proves itself with: its token, empty when it brought none, and its signature if it has one."""

    token: str
    signed: SignedMessage | None = None


class DispatchToken(HttpAuthBase):
    """The ``callback_token`` of the order that the callback is about."""

    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Claim:
        if len(request.body) > MAX_BODY:
            raise TooLarge("A callback is at most 64 KiB.")
        header = request.headers.get("Authorization", "")
        # A missing token is weighed like a wrong one, so that both get the same answer at the same cost.
        token = header[len(SCHEME) :].strip() if header.lower().startswith(SCHEME) else ""
        return Claim(token=token, signed=_signed(request))


def _signed(request: HttpRequest) -> SignedMessage | None:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    number, timestamp, signatures = (request.headers.get(name, "") for name in names)
    if not signatures:
        return None
    return SignedMessage(message_id=number, timestamp=timestamp, signatures=signatures, body=request.body)


router = Router(tags=["callbacks"], auth=DispatchToken())


@router.post("/callbacks", response=ReceiptAnswer)
def report(request: HttpRequest, body: CallbackBody) -> Receipt:
    """Report what became of an order; 2xx means stored, anything else but 401, 404, 410 and 422 means repeat."""
    claim: Claim = request.auth  # type: ignore[attr-defined]
    callback = IncomingCallback(
        correlation_id=body.correlation_id,
        source=body.source,
        attempt=body.attempt,
        status=body.status,
        percent=body.percent,
        message=body.message,
        sequence=body.sequence,
        details=body.details,
        signed=claim.signed,
    )
    try:
        receipt = record_callback(callback=callback, token=claim.token)
    except ForgedCallback:
        CALLBACKS.labels("forged").inc()
        raise
    CALLBACKS.labels(_outcome(receipt)).inc()
    return receipt


def _outcome(receipt: Receipt) -> str:
    if receipt.duplicate:
        return "duplicate"
    return "late" if receipt.late else "accepted"
