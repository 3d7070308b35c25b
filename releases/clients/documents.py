"""Fetching the document that a running service gives of its interface, several at once and none without a limit."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import httpx2

from releases import conf
from releases.clients.addresses import AddressRefused, guarded_client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONNECT_S = 5.0
READ_S = 10.0
# For the whole answer: a service that drips byte by byte never runs into the time limit of a read.
WHOLE_S = 30.0
CONCURRENT = 8
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document, or why there is none."""

    document: Mapping[str, object] | None = None
    error: str = ""


class _NoDocument(Exception):
    """What came is no document; the message says why."""


def fetch_documents(urls: Sequence[str]) -> dict[str, Fetched]:
    """Ask for every document once; a service's fault is an ``error``, never an exception."""
    return asyncio.run(_fetch_all(dict.fromkeys(urls)))


async def _fetch_all(urls: Mapping[str, None]) -> dict[str, Fetched]:
    async with guarded_client(
        allowed=conf.outbound_allow(), connect_s=CONNECT_S, read_s=READ_S, connections=CONCURRENT
    ) as client:
        found = await asyncio.gather(*(_fetch(client, url) for url in urls))
    return dict(zip(urls, found, strict=True))


async def _fetch(client: httpx2.AsyncClient, url: str) -> Fetched:
    try:
        async with asyncio.timeout(WHOLE_S):
            return Fetched(document=_parsed(await _body(client, url)))
    except TimeoutError:
        return Fetched(error=f"GET {url}: no whole answer within {WHOLE_S:g} s")
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused) as failure:
        return Fetched(error=f"GET {url}: {str(failure) or type(failure).__name__}")
    except _NoDocument as failure:
        return Fetched(error=f"GET {url}: {failure}")


async def _body(client: httpx2.AsyncClient, url: str) -> bytes:
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as reply:
        if reply.status_code != httpx2.codes.OK:
            raise _NoDocument(f"HTTP {reply.status_code}")
        body = bytearray()
        async for part in reply.aiter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise _NoDocument(f"the answer is larger than {MAX_BYTES:,} bytes")
    return bytes(body)


def _parsed(body: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as failure:
        raise _NoDocument("the answer is no JSON") from failure
    if not isinstance(document, dict):
        raise _NoDocument("the answer is no JSON object")
    return document


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
