"""Where each server of the simulated BookVerse listens."""

import os

APPTRUST = "apptrust"
SERVICES = ("inventory", "recommendations", "checkout", "web", "helm")
CI = "ci"
SERVERS = (APPTRUST, *SERVICES, CI)
DEFAULT_BASE = 8100
_LOOPBACK = "http://127.0.0.1:{port}"
DEMO_TOKEN = "demo-token"  # noqa: S105  (a demo credential for loopback, named as one)


def port_of(server: str, *, base: int) -> int:
    """Return the server's port; a base of 0 asks the system for any free port."""
    return base + SERVERS.index(server) if base else 0


def server_url(server: str, *, base: int) -> str:
    """Return the server's address without a trailing slash."""
    return address_of(server, port=port_of(server, base=base))


def address_of(server: str, *, port: int) -> str:
    """Return the address of a server on a port; ``DEMO_URL`` is its template where loopback is wrong."""
    template = os.environ.get("DEMO_URL") or _LOOPBACK
    return template.format(server=server, port=port)
