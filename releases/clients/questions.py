"""Asking services how far they are: many at once, and each of them only for as long as nobody has to wait for it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from releases.clients.addresses import AddressRefused
from releases.clients.fan_out import fan_out
from releases.domain.aggregation import Report, read_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANSWER_S = 2.0
LARGEST = 64 * 1024
OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Where to ask about which dispatch."""

    dispatch_id: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a service said of itself; without a ``report``, ``problem`` says why it told nothing."""

    report: Report | None = None
    problem: str = ""


def ask_services(questions: Sequence[Question], settle: Callable[[Question, Truth], None]) -> None:
    """Ask all at once; ``settle`` is called in a thread as each answer comes in, two seconds later at the latest."""
    fan_out(questions, _ask_in_time, settle, connect_s=ANSWER_S, read_s=ANSWER_S)


async def _ask_in_time(client: httpx2.AsyncClient, question: Question) -> Truth:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await _ask(client, question.url)
    except TimeoutError:
        return Truth(problem=f"no answer within {ANSWER_S:g} s")


async def _ask(client: httpx2.AsyncClient, url: str) -> Truth:
    try:
        async with client.stream("GET", url) as reply:
            if reply.status_code != OK:
                return Truth(problem=f"the service answered {reply.status_code}")
            report = read_truth(json.loads(await _body(reply)))
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused) as failure:
        return Truth(problem=f"{type(failure).__name__}: {failure}"[:300])
    except (ValueError, RecursionError):
        return Truth(problem="the answer is no JSON document")
    return Truth(report=report) if report else Truth(problem="the answer names no state")


async def _body(reply: httpx2.Response) -> bytes:
    body = b""
    async for chunk in reply.aiter_bytes():
        body += chunk
        if len(body) > LARGEST:
            message = "the answer is longer than any state"
            raise ValueError(message)
    return body
