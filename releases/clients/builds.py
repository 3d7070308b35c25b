"""Asking the build system for the release branch of a train and its build."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import httpx2

from releases.clients.addresses import AddressRefused
from releases.clients.fan_out import fan_out
from releases.clients.services import retry_after_of
from releases.domain.aggregation import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CONNECT_S = 5.0
READ_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What the build system is asked to do; everything but ``url`` is the body, ``order`` the Idempotency-Key too."""

    url: str
    order: str
    train: str
    branch: str
    platform_version: str
    versions: Mapping[str, str]
    callback_url: str
    callback_token: str
    deadline: str

    def body(self) -> dict[str, object]:
        """Return the JSON document that is posted."""
        return {name: value for name, value in asdict(self).items() if name != "url"}


def send_builds(requests: Sequence[BuildRequest], settle: Callable[[BuildRequest, Answer], None]) -> None:
    """Post all concurrently; ``settle`` is called in a thread as each answer comes in."""
    fan_out(requests, _send, settle, connect_s=CONNECT_S, read_s=READ_S)


async def _send(client: httpx2.AsyncClient, request: BuildRequest) -> Answer:
    headers = {"Idempotency-Key": request.order}
    try:
        async with client.stream("POST", request.url, json=request.body(), headers=headers) as reply:
            return Answer(status=reply.status_code, retry_after=retry_after_of(reply))
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused) as failure:
        return Answer(error=f"{type(failure).__name__}: {failure}"[:300])
