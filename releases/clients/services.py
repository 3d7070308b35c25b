"""Asking services to move to a version, many at once over one pool of connections."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import httpx2
from django.db import connections

from releases import conf
from releases.clients.addresses import AddressRefused, guarded_client
from releases.domain.aggregation import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONNECT_S = 5.0
READ_S = 30.0
CONCURRENT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a service is asked to do; everything but ``url`` and ``key`` is the body, ``key`` the Idempotency-Key."""

    url: str
    key: str
    correlation_id: str
    attempt: int
    stage: str
    service: str
    from_version: str | None
    to_version: str
    platform_version: str
    callback_url: str
    callback_token: str
    deadline: str

    def body(self) -> dict[str, object]:
        """Return the JSON document that is posted."""
        return {name: value for name, value in asdict(self).items() if name not in {"url", "key"}}


def send_orders(orders: Sequence[Order], settle: Callable[[Order, Answer], None]) -> None:
    """Post all orders concurrently; ``settle`` is called in a thread as each answer comes in.

    A slow service holds nobody else's answer back, and a service's fault is an ``Answer``, never an exception; what
    ``settle`` raises is raised once all others are done.
    """
    if orders:
        asyncio.run(_send_all(orders, settle))


async def _send_all(orders: Sequence[Order], settle: Callable[[Order, Answer], None]) -> None:
    async with guarded_client(
        allowed=conf.outbound_allow(),
        connect_s=CONNECT_S,
        read_s=READ_S,
        connections=CONCURRENT,
    ) as client:
        outcomes = await asyncio.gather(
            *(_send_one(client, order, settle) for order in orders),
            return_exceptions=True,  # one that fails must not cut the others off
        )
    for failure in outcomes:
        if failure is not None:
            raise failure


async def _send_one(client: httpx2.AsyncClient, order: Order, settle: Callable[[Order, Answer], None]) -> None:
    answer = await _send(client, order)
    await asyncio.to_thread(_settled, order, answer, settle)


def _settled(order: Order, answer: Answer, settle: Callable[[Order, Answer], None]) -> None:
    try:
        settle(order, answer)
    finally:
        # This thread belongs to the pool of one event loop: its connection would outlive its use.
        connections.close_all()


async def _send(client: httpx2.AsyncClient, order: Order) -> Answer:
    try:
        async with client.stream("POST", order.url, json=order.body(), headers={"Idempotency-Key": order.key}) as reply:
            # The body tells nothing that the status does not, so it is not read: nobody can send us gigabytes.
            return Answer(status=reply.status_code, retry_after=_retry_after(reply.headers.get("Retry-After")))
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused) as failure:
        return Answer(error=f"{type(failure).__name__}: {failure}"[:300])


def _retry_after(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdigit() else None
