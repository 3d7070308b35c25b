"""AppTrust's own record of a release: made from the versions of its services, and moved along the stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2
from structlog.contextvars import bound_contextvars

from releases import conf
from releases.clients.addresses import AddressRefused
from releases.clients.fan_out import fan_out
from releases.clients.registry_calls import CallRefused, call
from releases.domain.registry_records import difference, has_reached, is_ahead, version_path, was_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CONNECT_S = 5.0
READ_S = 30.0
SOURCES = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A release as AppTrust should have it; ``applications`` maps application keys to versions.

    ``stages`` are all there are, in order; an empty ``stage`` is for a version that is nowhere yet.
    """

    record_id: int
    application_key: str
    version: str
    applications: Mapping[str, str]
    stage: str
    stages: tuple[str, ...]
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where AppTrust has it now; with a ``problem`` it was not told everything, and has to be told again."""

    stage: str = ""
    is_known: bool = False
    problem: str = ""
    retry_after: float | None = None


def tell_records(wanted: Sequence[Wanted], settle: Callable[[Wanted, Standing], None]) -> None:
    """Tell of all at once; AppTrust's fault is a ``problem``, never an exception.

    Safe to repeat: it looks first, so a version is created once, and moved only while it is somewhere else.
    """
    fan_out(wanted, _tell, settle, connect_s=CONNECT_S, read_s=READ_S)


async def _tell(client: httpx2.AsyncClient, wanted: Wanted) -> Standing:
    try:
        with bound_contextvars(release=wanted.version, correlation_id=wanted.correlation_id):
            return await _bring(client, wanted)
    except CallRefused as refusal:
        return Standing(problem=f"AppTrust {refusal}", retry_after=refusal.retry_after)
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused, ValueError) as failure:
        return Standing(problem=f"AppTrust: {str(failure) or type(failure).__name__}")


async def _bring(client: httpx2.AsyncClient, wanted: Wanted) -> Standing:
    found = await _look(client, wanted)
    if found is None:
        await _create(client, wanted)
        found = await _look(client, wanted)
    if found is None:
        return Standing(problem="AppTrust does not list the version that it was asked to create.")
    stage = str(found.get("current_stage") or "")
    if problem := _unfit(found, wanted):
        return Standing(is_known=True, stage=stage, problem=problem)
    # One look for each move: what AppTrust makes of the last one is asked, not assumed.
    for _ in wanted.stages:
        if has_reached(stage, wanted.stage):
            break
        await _move(client, wanted, stage)
        found = await _look(client, wanted) or {}
        stage = str(found.get("current_stage") or "")
    if has_reached(stage, wanted.stage):
        return Standing(is_known=True, stage=stage)
    return Standing(
        is_known=True, stage=stage, problem=f"AppTrust has it in {stage or 'no stage'} and did not move it yet."
    )


def _unfit(found: Mapping[str, Any], wanted: Wanted) -> str:
    status = str(found.get("status") or "COMPLETED").upper()
    if status != "COMPLETED":
        return f"AppTrust has not completed the version: it is {status}."
    return difference(found.get("sources"), wanted.applications)


async def _look(client: httpx2.AsyncClient, wanted: Wanted) -> dict[str, Any] | None:
    return await call(client, "GET", f"{_path(wanted)}/content", query={"include": "sources", "limit": SOURCES})


async def _create(client: httpx2.AsyncClient, wanted: Wanted) -> None:
    versions = [{"application_key": key, "version": version} for key, version in wanted.applications.items()]
    body = {"version": wanted.version, "sources": {"versions": versions}}
    path = f"/apptrust/api/v1/applications/{quote(wanted.application_key, safe='')}/versions"
    try:
        answer = await call(client, "POST", path, body, {"async": "false"})
    except CallRefused as refusal:
        # Somebody else's call, or our own whose answer was lost: the next look tells whether it is ours.
        if refusal.status != httpx2.codes.CONFLICT:
            raise
        return
    if answer is None:
        raise CallRefused(f"has no application {wanted.application_key}; create it there.")


async def _move(client: httpx2.AsyncClient, wanted: Wanted, stage: str) -> None:
    if is_ahead(stage, wanted.stage, wanted.stages):
        verb, body = "rollback", {"from_stage": stage}
    elif wanted.stage == wanted.stages[-1]:
        verb, body = "release", {"promotion_type": "copy"}
    else:
        verb, body = "promote", {"target_stage": wanted.stage, "promotion_type": "copy"}
    answer = await call(client, "POST", f"{_path(wanted)}/{verb}", body)
    if answer is None:
        raise CallRefused(f"does not know the stage {wanted.stage} of this version.")
    if why := was_refused(answer):
        raise CallRefused(f"{verb}: {why}"[:300])


def _path(wanted: Wanted) -> str:
    return version_path(wanted.application_key, wanted.version)


def is_configured() -> bool:
    """Tell whether there is an AppTrust with an application for the whole platform."""
    return bool(conf.registry_url() and conf.platform_application_key())
