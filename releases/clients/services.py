"""Asking services to move to a version, many at once over one pool of connections."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import httpx2
from structlog.contextvars import bound_contextvars

from releases.clients.addresses import AddressRefused
from releases.clients.fan_out import fan_out
from releases.domain.aggregation import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONNECT_S = 5.0
READ_S = 30.0
STATUS_URL_LIMIT = 500
NO_BODY = frozenset({"url", "key", "traceparent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a service is asked to do; everything but what makes the headers and ``url`` is the body.

    One that is to run no version is uninstalled.
    """

    url: str
    key: str
    correlation_id: str
    attempt: int
    stage: str
    service: str
    from_version: str | None
    to_version: str | None
    platform_version: str
    callback_url: str
    callback_token: str
    deadline: str
    traceparent: str = ""

    def body(self) -> dict[str, object]:
        """Return the JSON document that is posted."""
        return {name: value for name, value in asdict(self).items() if name not in NO_BODY}

    def headers(self) -> dict[str, str]:
        """Return the headers that are its own; in a trace the request names its own part instead of the promotion's."""
        trace = {"traceparent": self.traceparent} if self.traceparent else {}
        return {"Idempotency-Key": self.key, **trace}

    def about(self) -> dict[str, str]:
        """Return what lines and spans name it by; the correlation id is a header, too."""
        return {
            "release": self.platform_version,
            "stage": self.stage,
            "service": self.service,
            "correlation_id": self.correlation_id,
        }


def send_orders(orders: Sequence[Order], settle: Callable[[Order, Answer], None]) -> None:
    """Post all orders concurrently; ``settle`` is called in a thread as each answer comes in.

    A slow service holds nobody else's answer back, and a service's fault is an ``Answer``, never an exception; what
    ``settle`` raises is raised once all others are done.
    """
    fan_out(orders, _send, settle, connect_s=CONNECT_S, read_s=READ_S)


async def _send(client: httpx2.AsyncClient, order: Order) -> Answer:
    with bound_contextvars(**order.about()):
        return await _post(client, order)


async def _post(client: httpx2.AsyncClient, order: Order) -> Answer:
    try:
        async with client.stream("POST", order.url, json=order.body(), headers=order.headers()) as reply:
            # The body tells nothing that the status does not, so it is not read: nobody can send us gigabytes.
            return Answer(
                status=reply.status_code,
                retry_after=retry_after_of(reply),
                status_url=status_url(order.url, reply.headers.get("Location")),
            )
    except (httpx2.HTTPError, httpx2.InvalidURL, AddressRefused) as failure:
        return Answer(error=f"{type(failure).__name__}: {failure}"[:300])


def status_url(dispatch_url: str, location: str | None) -> str:
    """Return where the service tells how far it is; only an address of its own is taken from an answer."""
    if not location:
        return ""
    try:
        base = httpx2.URL(dispatch_url)
        found = base.join(location)
    except httpx2.InvalidURL:
        return ""
    is_its_own = (found.scheme, found.host, found.port) == (base.scheme, base.host, base.port)
    return str(found) if is_its_own and not found.userinfo and len(str(found)) <= STATUS_URL_LIMIT else ""


def retry_after_of(reply: httpx2.Response) -> float | None:
    """Return how many seconds an answer asks to wait."""
    header = reply.headers.get("Retry-After")
    return float(header) if header and header.isascii() and header.isdigit() else None
