"""The simulated BookVerse as a child process: five services and AppTrust on six ports side by side."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVERS = 6


@contextmanager
def simulated_bookverse(data: Path) -> Iterator[int]:
    """Yield the first port once all servers answer; they end with this process even if it is killed."""
    port = free_port(consecutive=SERVERS)
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
            process.terminate()
