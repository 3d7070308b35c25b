"""Carrying out the scenarios of a validation: real requests, one after the other, each limited in time and size."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import httpx2

from releases import conf
from releases.clients.addresses import AddressRefused, guarded_client
from releases.domain.validation_exchange import Answer, Token
from releases.domain.validation_scenarios import converse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.domain.validation import Scenario, ScenarioResult
    from releases.domain.validation_exchange import Ask
    from releases.domain.validation_scenarios import Conversation
    from releases.domain.validation_setup import Setup

CONNECT_S = 3.0
READ_S = 10.0
# For the whole answer: a service that drips byte by byte never runs into the time limit of a read.
WHOLE_S = 15.0
SCENARIO_S = 60.0
MAX_BYTES = 64 * 1024


def carry_out(setup: Setup, scenarios: Sequence[Scenario]) -> tuple[ScenarioResult, ...]:
    """Hold one conversation after the other; what a service does wrong is a result, never an exception."""
    return asyncio.run(_carry_out(setup, scenarios))


async def _carry_out(setup: Setup, scenarios: Sequence[Scenario]) -> tuple[ScenarioResult, ...]:
    async with guarded_client(
        allowed=conf.outbound_allow(), connect_s=CONNECT_S, read_s=READ_S, connections=1
    ) as client:
        return tuple([await _hold(client, converse(scenario, setup)) for scenario in scenarios])


async def _hold(client: httpx2.AsyncClient, conversation: Conversation) -> ScenarioResult:
    ends = time.monotonic() + SCENARIO_S
    try:
        ask = next(conversation)
        while True:
            ask = conversation.send(await _answer(client, ask, seconds=min(WHOLE_S, ends - time.monotonic())))
    except StopIteration as end:
        result: ScenarioResult = end.value
        return result


async def _answer(client: httpx2.AsyncClient, ask: Ask, *, seconds: float) -> Answer:
    if seconds <= 0:
        return Answer(error=f"The scenario took longer than {SCENARIO_S:g} s.")
    began = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            return await _send(client, ask, began)
    except (TimeoutError, httpx2.TimeoutException):
        return Answer(
            error=f"{ask.method} {ask.url} had no whole answer after {_since(began) / 1000:.0f} s.",
            took_ms=_since(began),
        )
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused) as failure:
        why = str(failure) or type(failure).__name__
        return Answer(error=f"{ask.method} {ask.url}: {why}", took_ms=_since(began))


async def _send(client: httpx2.AsyncClient, ask: Ask, began: float) -> Answer:
    content = None if ask.body is None else json.dumps(ask.body).encode()
    async with client.stream(ask.method, ask.url, content=content, headers=_headers(ask)) as reply:
        body = bytearray()
        async for part in reply.aiter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                return Answer(
                    error=f"{ask.method} {ask.url} answers more than {MAX_BYTES:,} bytes.", took_ms=_since(began)
                )
        return Answer(
            status=reply.status_code,
            headers={name.lower(): value for name, value in reply.headers.items()},
            body=bytes(body),
            took_ms=_since(began),
            tls=_protocol(reply),
        )


def _headers(ask: Ask) -> dict[str, str]:
    # Compressed, a small answer could become a large one.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if ask.body is not None:
        headers["Content-Type"] = "application/json"
    if ask.key:
        headers["Idempotency-Key"] = ask.key
    if token := _token(ask.token):
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _token(whose: Token) -> str:
    match whose:
        case Token.NONE:
            return ""
        case Token.STAGE:
            return conf.validation_token()
        case Token.APPTRUST:
            return conf.registry_token()


def _protocol(reply: httpx2.Response) -> str:
    stream = reply.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream else None
    return str(tls.version()) if tls else ""


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
