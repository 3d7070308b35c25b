"""Telling AppTrust what was taken back: rolled back there too where it has the version in that stage, and tagged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx2
from structlog.contextvars import bound_contextvars

from releases.clients.addresses import AddressRefused
from releases.clients.fan_out import fan_out
from releases.clients.registry_calls import CallRefused, call
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
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """Where AppTrust has the version now; with a ``problem`` it was not told everything, and has to be told again."""

    stage: str = ""
    is_known: bool = True
    problem: str = ""
    retry_after: float | None = None


def tell_taken_back(taken: Sequence[Taken], settle: Callable[[Taken, TakenBack], None]) -> None:
    """Tell of all at once; AppTrust's fault is a ``problem``, never an exception.

    Safe to repeat: it looks first, a version that left the stage is not rolled back again, a tag not set twice.
    """
    fan_out(taken, _tell, settle, connect_s=CONNECT_S, read_s=READ_S)


async def _tell(client: httpx2.AsyncClient, taken: Taken) -> TakenBack:
    try:
        with bound_contextvars(correlation_id=taken.correlation_id):
            return await _take_back(client, taken)
    except CallRefused as refusal:
        return TakenBack(problem=f"AppTrust {refusal}", retry_after=refusal.retry_after)
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused, ValueError) as failure:
        return TakenBack(problem=f"AppTrust: {str(failure) or type(failure).__name__}")


async def _take_back(client: httpx2.AsyncClient, taken: Taken) -> TakenBack:
    found = await call(client, "GET", f"{_path(taken)}/content")
    if found is None:
        return TakenBack(is_known=False)
    stage = str(found.get("current_stage") or "")
    if stage and is_stage(stage, taken.stage):
        moved = await call(client, "POST", f"{_path(taken)}/rollback", {"from_stage": stage})
        stage = str((moved or {}).get("rollback_to_stage") or "")
    # Never the other way round: nothing here gives a version another tag than this one.
    if str(found.get("tag") or "").casefold() != taken.tag:
        await call(client, "PATCH", _path(taken), {"tag": taken.tag})
    return TakenBack(stage=stage)


def _path(taken: Taken) -> str:
    key, version = quote(taken.application_key, safe=""), quote(taken.version, safe="")
    return f"/apptrust/api/v1/applications/{key}/versions/{version}"
