"""Which addresses the board may connect to: public ones, and the private networks it was told of."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

import httpcore2
import httpx2
from structlog.contextvars import get_contextvars

from releases.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Everything outside is local, translated or not given out, though Python calls much of it global.
_GLOBAL_UNICAST = IPv6Network("2000::/3")

_LARGEST_PORT = 65_535
CORRELATION = "X-Correlation-ID"


class AddressRefused(httpcore2.ConnectError):
    """The name leads to an address outside the allowed networks."""


def is_allowed(address: str, allowed: Sequence[str]) -> bool:
    """Tell whether to connect there; IPv4 inside IPv6 is judged as IPv4, tunnels and multicast are refused."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip in network for network in map(ip_network, allowed) if network.version == ip.version):
        return True
    return ip.is_global and not ip.is_multicast and not _leads_elsewhere(ip)


def _leads_elsewhere(ip: IPv4Address | IPv6Address) -> bool:
    return isinstance(ip, IPv6Address) and (bool(ip.sixtofour) or bool(ip.teredo) or ip not in _GLOBAL_UNICAST)


class GuardedBackend(httpcore2.AnyIOBackend):
    """Resolves once, checks every address, connects to a checked one: a second look-up could answer differently."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__()
        self.allowed = tuple(allowed)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature is the library's)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raise ``AddressRefused`` unless every address of ``host`` is allowed."""
        if port > _LARGEST_PORT:  # an address may say so, and a socket answers with an error that nobody expects
            raise httpcore2.ConnectError(f"There is no port {port}")
        addresses = await _resolve(host, port)
        if not addresses or not all(is_allowed(address, self.allowed) for address in addresses):
            message = f"{host} is outside the networks that OUTBOUND_ALLOW and public addressing permit"
            raise AddressRefused(message)
        return await super().connect_tcp(addresses[0], port, timeout, local_address, socket_options)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as failure:  # the latter for a name that DNS could not even spell
        message = f"{host} does not resolve: {failure}"
        raise httpcore2.ConnectError(message) from failure
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _name_correlation(request: httpx2.Request) -> None:
    """Let the other side's log be joined with the board's; who asks binds what it is about as for its own lines."""
    if correlation_id := get_contextvars().get("correlation_id"):
        request.headers[CORRELATION] = str(correlation_id)


def guarded_client(*, allowed: Sequence[str], connect_s: float, read_s: float, connections: int) -> httpx2.AsyncClient:
    """Make a client that follows no redirect, uses no proxy from the environment and connects only where allowed."""
    transport = httpx2.AsyncHTTPTransport(trust_env=False, limits=httpx2.Limits(max_connections=connections))
    # The transport has no public parameter for its network backend.
    transport._pool._network_backend = GuardedBackend(allowed)  # noqa: SLF001
    return httpx2.AsyncClient(
        transport=tracing().watched(transport),
        event_hooks={"request": [_name_correlation]},
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(read_s, connect=connect_s),
    )
