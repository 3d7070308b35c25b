"""The simulated servers, run for real: in a thread of the test process, or as a process that can be killed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from queue import Queue
from sqlite3 import connect
from typing import TYPE_CHECKING, Any

import httpx2

from bookverse.demo.addresses import DEMO_TOKEN
from bookverse.demo.servers import DemoPlan, serve
from bookverse.demo.service.workshop import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PATIENCE_S = 20
QUICK = Pace(first_wait_s=0.01, longest_wait_s=0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    data: Path
    ports: Mapping[str, int]

    def client(self, server: str) -> httpx2.Client:
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.ports[server]}", trust_env=False)

    def rows(self, server: str, query: str) -> list[tuple[Any, ...]]:
        with closing(connect(self.data / f"{server}.sqlite3")) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def running_demo(data: Path, *servers: str, pace: Pace = QUICK) -> Iterator[Demo]:
    """Run the named servers on free ports until the block ends."""
    plan = DemoPlan(ports=dict.fromkeys(servers, 0), data=data, token=DEMO_TOKEN, pace=pace)
    ready: Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event, Mapping[str, int]]] = Queue()

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        await serve(plan, stop=stop, announce=lambda _line: None, on_ready=lambda ports: ready.put((loop, stop, ports)))

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    loop, stop, ports = ready.get(timeout=PATIENCE_S)
    try:
        yield Demo(data=data, ports=ports)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


@contextmanager
def demo_process(data: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Demo]]:
    """Run ``python -m bookverse.demo`` with the arguments on free ports; it is killed at the end if it still runs."""
    command = [sys.executable, "-m", "bookverse.demo", *arguments, "--port-base", "0", "--data", str(data)]
    with subprocess.Popen(
        [*command, "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process, Demo(data=data, ports=_ports(process))
        finally:
            process.kill()


def _ports(process: subprocess.Popen[str]) -> dict[str, int]:
    ports: dict[str, int] = {}
    assert process.stdout is not None
    for line in process.stdout:
        if line == "ready\n":
            return ports
        server, url = line.split()
        ports[server] = int(url.rsplit(":", 1)[1])
    raise AssertionError("the servers did not start")


def order(callback_url: str, /, **changes: object) -> dict[str, Any]:
    """Return the body of a dispatch to inventory."""
    return {
        "correlation_id": "6f1c1a52-3c39-4d1c-9d0e-6a4f6f0a2a10",
        "attempt": 1,
        "stage": "DEV",
        "service": "inventory",
        "from_version": "1.2.3",
        "to_version": "1.4.0",
        "platform_version": "2.2.0-alpha.1",
        "callback_url": callback_url,
        "callback_token": "token-of-this-dispatch",
        "deadline": "2030-01-01T00:00:10Z",
        **changes,
    }


def dispatch(client: httpx2.Client, body: object, *, key: str) -> httpx2.Response:
    # Not json=: it cannot write the lone surrogates that a hostile body may carry.
    return client.post("/deployments", content=json.dumps(body), headers={"Idempotency-Key": key})
