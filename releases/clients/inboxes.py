"""Posting messages to inboxes and subscriptions, signed by Standard Webhooks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2

from releases.clients.addresses import AddressRefused
from releases.clients.channels import Notice, send_notice
from releases.clients.fan_out import fan_out
from releases.clients.services import retry_after_of
from releases.clients.signing import webhook_signature
from releases.domain.aggregation import GONE, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONNECT_S = 5.0
READ_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One try of one delivery; ``timestamp`` is in seconds since the epoch and part of what is signed.

    ``refusal`` says why nothing is sent after all, as to who does not want it any more.
    """

    delivery_id: int
    url: str
    message_id: str
    timestamp: int
    body: bytes
    secret: bytes = field(repr=False)
    refusal: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers that let the receiver tell a repetition, and a forgery."""
        signature = webhook_signature(
            secret=self.secret, message_id=self.message_id, timestamp=self.timestamp, body=self.body
        )
        return {
            "Content-Type": "application/json",
            "webhook-id": self.message_id,
            "webhook-timestamp": str(self.timestamp),
            "webhook-signature": signature,
        }


def post_messages(messages: Sequence[Message | Notice], settle: Callable[[Message | Notice, Answer], None]) -> None:
    """Send all messages concurrently; a receiver's fault is an ``Answer``, never an exception."""
    fan_out(messages, _post, settle, connect_s=CONNECT_S, read_s=READ_S)


async def _post(client: httpx2.AsyncClient, message: Message | Notice) -> Answer:
    if message.refusal:
        return Answer(status=GONE, error=message.refusal)
    if isinstance(message, Notice):
        return await asyncio.to_thread(send_notice, message)
    try:
        async with client.stream("POST", message.url, content=message.body, headers=message.headers()) as reply:
            return Answer(status=reply.status_code, retry_after=retry_after_of(reply))
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused) as failure:
        return Answer(error=f"{type(failure).__name__}: {failure}"[:300])
