"""Reading from AppTrust what versions consist of, several at once and none without a limit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from releases.clients.addresses import AddressRefused
from releases.clients.fan_out import fan_out
from releases.clients.registry_calls import CallRefused, call
from releases.domain.contents import PAGE, Content, ContentPages, ContentUnclear
from releases.domain.registry_records import version_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONNECT_S = 5.0
READ_S = 30.0
# For all pages of one version.
WHOLE_S = 60.0
NOT_THERE = "AppTrust does not know this version any more."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A version whose content is to be read."""

    content_id: int
    application_key: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is in the version, or with a ``problem`` why that is not known."""

    content: Content | None = None
    problem: str = ""
    retry_after: float | None = None


def read_contents(wanted: Sequence[Wanted], settle: Callable[[Wanted, Reading], None]) -> None:
    """Read all at once; AppTrust's fault is a ``problem``, never an exception."""
    fan_out(wanted, _read, settle, connect_s=CONNECT_S, read_s=READ_S)


async def _read(client: httpx2.AsyncClient, wanted: Wanted) -> Reading:
    try:
        async with asyncio.timeout(WHOLE_S):
            return await _read_pages(client, wanted)
    except TimeoutError:
        return Reading(problem=f"AppTrust gave no whole answer within {WHOLE_S:g} s.")
    except CallRefused as refusal:
        return Reading(problem=f"AppTrust {refusal}", retry_after=refusal.retry_after)
    except ContentUnclear as unclear:
        return Reading(problem=f"AppTrust {unclear}")
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused, ValueError, RecursionError) as failure:
        return Reading(problem=f"AppTrust: {str(failure) or type(failure).__name__}")


async def _read_pages(client: httpx2.AsyncClient, wanted: Wanted) -> Reading:
    pages, offset, follows = ContentPages(), 0, True
    while follows:
        answer = await call(
            client,
            "GET",
            f"{version_path(wanted.application_key, wanted.version)}/content",
            query={"include": "sources,releasables", "offset": offset, "limit": PAGE},
        )
        if answer is None:
            return Reading(problem=NOT_THERE)
        follows, offset = pages.add(answer), offset + PAGE
    return Reading(content=pages.content)
