"""The simulated BookVerse as a child process: five services, AppTrust and a build system on ports side by side."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from bookverse.demo.addresses import SERVERS, SERVICES, server_url
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HURRY_MS = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How the services treat the next deployments, changed while they run; ``port`` is AppTrust's."""

    port: int

    def behave(self, service: str, **changes: object) -> None:
        """Change the service's settings: mode, times, duration_ms, failure_message."""
        address = server_url(service, base=self.port)
        httpx2.put(f"{address}/settings", json=changes, trust_env=False).raise_for_status()

    def take(self, milliseconds: int) -> None:
        """Let every service take this long."""
        for service in SERVICES:
            self.behave(service, duration_ms=milliseconds)

    def hurry(self) -> None:
        """Let every service succeed, as soon as it has reported its steps."""
        for service in SERVICES:
            self.behave(service, mode="succeed", duration_ms=HURRY_MS, failure_message="schema mismatch")


@contextmanager
def simulated_bookverse(data: Path) -> Iterator[int]:
    """Yield the first port once all servers answer; they end with this process even if it is killed."""
    port = free_port(consecutive=len(SERVERS))
    log = data / "servers.log"
    command = [sys.executable, "-m", "bookverse.demo", "all", "--port-base", str(port), "--data", str(data)]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*command, "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        ready = any(line.strip() == "ready" for line in process.stdout)
        try:
            assert ready, f"the simulated BookVerse did not start:\n{log.read_text()}"
            yield port
        finally:
            process.kill()  # what it keeps goes with the test's folder, so nothing needs a graceful end
