"""Where a request comes from, behind as many proxies as the settings say, and which addresses are this machine's."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return what the outermost of our own proxies saw; what the header says before that anybody could have written."""
    peer = str(request.META.get("REMOTE_ADDR") or "")
    if not settings.PROXIES:
        return peer
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    named = told[-settings.PROXIES] if len(told) >= settings.PROXIES else ""
    return named if _is_address(named) else peer


def host_of(url: str) -> str:
    """Return the host that an address names; empty for what is no address."""
    return urlsplit(url).hostname or ""


def is_this_machine(host: str) -> bool:
    """Tell whether a host can be reached from nowhere else."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = host.strip("[]")
    return _is_address(address) and ip_address(address).is_loopback


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
