"""Many requests at once over one pool of connections, where a slow answer holds nobody else's back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from django.db import connections

from releases import conf
from releases.clients.addresses import guarded_client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import httpx2

Item = TypeVar("Item")
Result = TypeVar("Result")
CONCURRENT = 64


def fan_out(
    items: Sequence[Item],
    send: Callable[[httpx2.AsyncClient, Item], Awaitable[Result]],
    settle: Callable[[Item, Result], None],
    *,
    connect_s: float,
    read_s: float,
) -> None:
    """Send all concurrently; ``settle`` is called in a thread as each result comes in.

    What ``settle`` raises is raised once all others are done.
    """
    if items:
        asyncio.run(_send_all(items, send, settle, connect_s=connect_s, read_s=read_s))


async def _send_all(
    items: Sequence[Item],
    send: Callable[[httpx2.AsyncClient, Item], Awaitable[Result]],
    settle: Callable[[Item, Result], None],
    *,
    connect_s: float,
    read_s: float,
) -> None:
    async def send_one(item: Item) -> None:
        result = await send(client, item)
        await asyncio.to_thread(_settled, item, result, settle)

    async with guarded_client(
        allowed=conf.outbound_allow(), connect_s=connect_s, read_s=read_s, connections=CONCURRENT
    ) as client:
        # One that fails must not cut the others off.
        outcomes = await asyncio.gather(*(send_one(item) for item in items), return_exceptions=True)
    for failure in outcomes:
        if failure is not None:
            raise failure


def _settled(item: Item, result: Result, settle: Callable[[Item, Result], None]) -> None:
    try:
        settle(item, result)
    finally:
        # This thread belongs to the pool of one event loop: its connection would outlive its use.
        connections.close_all()
