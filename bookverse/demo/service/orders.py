"""The board's request to move a service to a version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx2

from bookverse.demo import fields
from bookverse.demo.exchange import malformed

_URL = r"https?://[^\s/?#]+[^\s]*"
_VERSION = r"[0-9A-Za-z.+-]{1,128}"
_MOST_ATTEMPTS = 1_000_000
_LARGEST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchOrder:
    """``from_version`` is empty where the service was not deployed before, ``to_version`` where it is uninstalled."""

    correlation_id: str
    attempt: int
    stage: str
    service: str
    from_version: str
    to_version: str
    platform_version: str
    callback_url: str
    callback_token: str
    deadline: str


def read_order(source: Mapping[str, object], *, service: str) -> DispatchOrder:
    """Refuse with 422 what is malformed or meant for another service."""
    order = DispatchOrder(
        correlation_id=fields.text(source, "correlation_id", limit=64),
        attempt=fields.whole(source, "attempt", low=1, high=_MOST_ATTEMPTS),
        stage=fields.text(source, "stage", limit=64),
        service=fields.text(source, "service", limit=64),
        from_version=fields.optional_text(source, "from_version", pattern=_VERSION),
        # Only null says so: an order that forgot its version must not take a service away.
        to_version="" if source.get("to_version", "") is None else fields.text(source, "to_version", pattern=_VERSION),
        platform_version=fields.optional_text(source, "platform_version", pattern=_VERSION),
        callback_url=callback_url(source, "callback_url"),
        callback_token=fields.text(source, "callback_token", limit=500, pattern=r"[\x21-\x7e]+"),
        deadline=moment(source, "deadline"),
    )
    if order.service != service:
        raise malformed("service", f"This is {service}, not {order.service}.")
    return order


def callback_url(source: Mapping[str, object], name: str) -> str:
    """Return an address that a socket could be opened to."""
    value = fields.text(source, name, limit=2000, pattern=_URL)
    try:
        port = httpx2.URL(value).port
    except httpx2.InvalidURL as why:
        raise malformed(name, f"{name} is not an address.") from why
    # The client parses ports that no socket takes.
    if port is not None and not 0 < port <= _LARGEST_PORT:
        raise malformed(name, f"{name} has no possible port.")
    return value


def moment(source: Mapping[str, object], name: str) -> str:
    """Return a time as it is written."""
    value = fields.text(source, name, limit=40)
    try:
        datetime.fromisoformat(value)
    except ValueError as why:
        raise malformed(name, f"{name} must be a time in the form of RFC 3339.") from why
    return value
