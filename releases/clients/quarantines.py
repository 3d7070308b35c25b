"""Telling AppTrust what was taken back: rolled back there too where it has the version in that stage, and tagged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2

from releases import conf
from releases.clients.addresses import AddressRefused
from releases.clients.fan_out import fan_out
from releases.clients.services import retry_after_of
from releases.domain.rollbacks import is_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONNECT_S = 5.0
READ_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A version that was taken out of a stage, and the tag that it gets."""

    quarantine_id: int
    application_key: str
    version: str
    stage: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """Where AppTrust has the version now; with a ``problem`` it was not told everything, and has to be told again."""

    stage: str = ""
    is_known: bool = True
    problem: str = ""
    retry_after: float | None = None


class _Refused(Exception):
    """AppTrust did not do it; the message says what it answered."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def tell_taken_back(taken: Sequence[Taken], settle: Callable[[Taken, TakenBack], None]) -> None:
    """Tell of all at once; AppTrust's fault is a ``problem``, never an exception.

    Safe to repeat: it looks first, a version that left the stage is not rolled back again, a tag not set twice.
    """
    fan_out(taken, _tell, settle, connect_s=CONNECT_S, read_s=READ_S)


async def _tell(client: httpx2.AsyncClient, taken: Taken) -> TakenBack:
    try:
        return await _take_back(client, taken)
    except _Refused as refusal:
        return TakenBack(problem=f"AppTrust {refusal}", retry_after=refusal.retry_after)
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused, ValueError) as failure:
        return TakenBack(problem=f"AppTrust: {str(failure) or type(failure).__name__}")


async def _take_back(client: httpx2.AsyncClient, taken: Taken) -> TakenBack:
    found = await _call(client, "GET", f"{_path(taken)}/content")
    if found is None:
        return TakenBack(is_known=False)
    stage = str(found.get("current_stage") or "")
    if stage and is_stage(stage, taken.stage):
        moved = await _call(client, "POST", f"{_path(taken)}/rollback", {"from_stage": stage})
        stage = str((moved or {}).get("rollback_to_stage") or "")
    # Never the other way round: nothing here gives a version another tag than this one.
    if str(found.get("tag") or "").casefold() != taken.tag:
        await _call(client, "PATCH", _path(taken), {"tag": taken.tag})
    return TakenBack(stage=stage)


def _path(taken: Taken) -> str:
    key, version = quote(taken.application_key, safe=""), quote(taken.version, safe="")
    return f"/apptrust/api/v1/applications/{key}/versions/{version}"


async def _call(
    client: httpx2.AsyncClient, method: str, path: str, body: dict[str, str] | None = None
) -> dict[str, Any] | None:
    """Return the answer, None where AppTrust has no such version; every 2xx is a success, whatever the manual says."""
    reply = await client.request(
        method,
        conf.registry_url() + path,
        json=body,
        headers={"Authorization": f"Bearer {conf.registry_token()}"},
    )
    if reply.status_code == httpx2.codes.NOT_FOUND:
        return None
    if not reply.is_success:
        raise _Refused(f"{method} {path}: {reply.status_code}{_said(reply)}", retry_after_of(reply))
    answer = reply.json() if reply.content else {}
    if not isinstance(answer, dict):
        raise _Refused(f"{method} {path}: the answer is not an object")
    return answer


def _said(reply: httpx2.Response) -> str:
    """Return what an error says in any of the spellings that there are."""
    try:
        body = reply.json()
    except ValueError:
        return ""
    errors = body.get("errors") if isinstance(body, dict) else body
    first = errors[0] if isinstance(errors, list) and errors else body
    if not isinstance(first, dict):
        return ""
    text = next((first[name] for name in ("message", "error", "detail") if first.get(name)), "")
    return f": {text}"[:200] if text else ""
