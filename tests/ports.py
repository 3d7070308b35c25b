"""Free ports of the loopback address for servers that cannot be told to take any."""

from __future__ import annotations

import os
import socket
from itertools import chain

CHOICE = range(20_000, 32_000)  # below the ports that the kernel gives to outgoing connections


def free_port(*, consecutive: int = 1) -> int:
    """Find the first of ``consecutive`` free ports side by side; two runs at once look in different places first."""
    start = os.getpid() * 16 % len(CHOICE)
    for port in chain(CHOICE[start:], CHOICE[:start]):
        if all(_is_free(port + offset) for offset in range(consecutive)):
            return port
    raise OSError(f"127.0.0.1 has no {consecutive} free ports side by side in {CHOICE}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
