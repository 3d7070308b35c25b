"""AppTrust, the registry of versions: the calls that the board makes, tolerant of every documented spelling."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2

from releases import conf
from releases.clients.addresses import guarded_client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGE = 250
CONNECT_S = 5.0
READ_S = 30.0
CONCURRENT = 8


class RegistryUnavailable(Exception):
    """AppTrust could not be read; the message says which call failed and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredVersion:
    """A version as AppTrust lists it; statuses are upper-cased, times have a zone."""

    version: str
    tag: str
    status: str
    release_status: str
    stage: str
    created_at: datetime | None


def list_versions(application_keys: Sequence[str]) -> dict[str, list[RegisteredVersion]]:
    """Collect every version of every application; raise ``RegistryUnavailable`` when any list is incomplete."""
    return asyncio.run(_list_all(application_keys))


async def _list_all(application_keys: Sequence[str]) -> dict[str, list[RegisteredVersion]]:
    async with guarded_client(
        allowed=conf.outbound_allow(),
        connect_s=CONNECT_S,
        read_s=READ_S,
        connections=CONCURRENT,
    ) as client:
        lists = await asyncio.gather(*(_list_application(client, key) for key in application_keys))
    return dict(zip(application_keys, lists, strict=True))


async def _list_application(client: httpx2.AsyncClient, key: str) -> list[RegisteredVersion]:
    path = f"/apptrust/api/v1/applications/{quote(key, safe='')}/versions"
    found: list[RegisteredVersion] = []
    while True:
        page = await _get(client, path, {"offset": len(found), "limit": PAGE, "order_by": "created"})
        rows, total = page.get("versions", []), page.get("total", 0)
        if not (isinstance(total, int) and isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            message = f"AppTrust GET {path}: the answer is no list of versions"
            raise RegistryUnavailable(message)
        found += [_registered(row) for row in rows]
        if not rows or len(found) >= total:
            return found


async def _get(client: httpx2.AsyncClient, path: str, query: Mapping[str, str | int]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {conf.registry_token()}"}
    try:
        reply = await client.get(conf.registry_url() + path, params=dict(query), headers=headers)
        reply.raise_for_status()
        body = reply.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as failure:
        message = f"AppTrust GET {path}: {str(failure) or type(failure).__name__}"
        raise RegistryUnavailable(message) from failure
    if not isinstance(body, dict):
        message = f"AppTrust GET {path}: the answer is not an object"
        raise RegistryUnavailable(message)
    return body


def _registered(row: Mapping[str, Any]) -> RegisteredVersion:
    return RegisteredVersion(
        version=str(row.get("version", "")),
        tag=str(row.get("tag") or ""),
        status=str(row.get("status") or "").upper(),
        release_status=str(row.get("release_status") or "").upper(),
        stage=str(row.get("current_stage") or ""),
        created_at=_moment(row.get("created") or row.get("created_at")),
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
