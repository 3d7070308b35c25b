"""Keeps the test process off the network: a test that needs an outside address fails with the address it wanted."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCAL_NAMES = frozenset({"", "localhost", "0.0.0.0", "::"})


class OutsideAddress(Exception):
    """A test reached for an address beyond this machine."""


def is_local(host: str) -> bool:
    if host in LOCAL_NAMES:
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def stay_on_loopback(*, except_urls: Iterable[str]) -> None:
    """Refuse from now on, in this process, to resolve or connect to other hosts; there is no way back."""
    allowed = {urlsplit(url).hostname for url in except_urls}

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        host = _host_asked_for(event, arguments)
        if host is not None and host not in allowed and not is_local(host):
            raise OutsideAddress(f"{event} {host}: tests stay on 127.0.0.1; start a fake server there instead")

    sys.addaudithook(watch)


def _host_asked_for(event: str, arguments: tuple[object, ...]) -> str | None:
    match event, arguments:
        case "socket.connect", (_, (str(host), *_)):
            return host
        case "socket.getaddrinfo", (str(host), *_):
            return host
        case "socket.getaddrinfo", (bytes(host), *_):
            return host.decode()
        case _:
            return None
