"""Probing what is deployed: many small questions at once, whose answers are read no further than their status."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx2

from releases import conf
from releases.clients.addresses import AddressRefused, guarded_client
from releases.domain.promises import ProbeOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONNECT_S = 3.0
READ_S = 5.0
CONCURRENT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswer:
    """``took_ms`` is None when nobody answered."""

    outcome: ProbeOutcome
    message: str = ""
    took_ms: int | None = None


def probe(urls: Iterable[str]) -> dict[str, ProbeAnswer]:
    """Ask every address once; a service's fault is an outcome, never an exception."""
    return asyncio.run(_probe_all(dict.fromkeys(urls)))


async def _probe_all(urls: Mapping[str, None]) -> dict[str, ProbeAnswer]:
    # Waiting for a free connection must not count as the service's silence, so no more are started than there are.
    free = asyncio.Semaphore(CONCURRENT)
    async with guarded_client(
        allowed=conf.outbound_allow(), connect_s=CONNECT_S, read_s=READ_S, connections=CONCURRENT
    ) as client:
        answers = await asyncio.gather(*(_probe(client, free, url) for url in urls))
    return dict(zip(urls, answers, strict=True))


async def _probe(client: httpx2.AsyncClient, free: asyncio.Semaphore, url: str) -> ProbeAnswer:
    async with free:
        began = time.monotonic()
        try:
            async with client.stream("GET", url) as reply:
                took_ms = round((time.monotonic() - began) * 1000)
                return _judged(reply.status_code, took_ms)
        except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused) as failure:
            words = f"{type(failure).__name__}: {failure}" if str(failure) else type(failure).__name__
            return ProbeAnswer(outcome=ProbeOutcome.ERROR, message=words[:300])


def _judged(status: int, took_ms: int) -> ProbeAnswer:
    passed = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    outcome = ProbeOutcome.PASSED if passed else ProbeOutcome.FAILED
    return ProbeAnswer(outcome=outcome, message=f"HTTP {status}", took_ms=took_ms)
