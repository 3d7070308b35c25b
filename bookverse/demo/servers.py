"""Binding the ports and running the servers on one event loop."""

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import uvicorn

from bookverse.demo.addresses import SERVERS, port_of
from bookverse.demo.building import Site, running_application
from bookverse.demo.errors import DataInUse, PortTaken
from bookverse.demo.routing import Application
from bookverse.demo.service.workshop import Pace
from bookverse.demo.storage import sole_use

_PAUSE_S = 0.1
_BACKLOG = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """Which servers to run and where; ``ports`` maps each of them to its port, 0 for any free one."""

    ports: Mapping[str, int]
    data: Path
    token: str
    host: str = "127.0.0.1"
    siblings: Mapping[str, int] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    patience_s: float = 0.0


def all_servers(*, base: int) -> dict[str, int]:
    return {server: port_of(server, base=base) for server in SERVERS}


async def serve(
    plan: DemoPlan,
    *,
    stop: asyncio.Event,
    announce: Callable[[str], None],
    on_ready: Callable[[Mapping[str, int]], None],
) -> None:
    """Run until ``stop`` is set; PortTaken or DataInUse before anything was started."""
    async with AsyncExitStack() as stack:
        sockets = {server: stack.enter_context(await _bound(plan, server)) for server in plan.ports}
        for server in plan.ports:
            await _lock_data(stack, plan, server)
        ports = {server: int(bound.getsockname()[1]) for server, bound in sockets.items()}
        client = await stack.enter_async_context(httpx2.AsyncClient(timeout=_timeout(), trust_env=False))
        site = Site(data=plan.data, client=client, ports={**plan.siblings, **ports}, token=plan.token, pace=plan.pace)
        for server, bound in sockets.items():
            application = await stack.enter_async_context(running_application(server, site))
            await stack.enter_async_context(_serving(application, bound))
            announce(f"{server} http://{plan.host}:{ports[server]}")
        announce("ready")
        on_ready(ports)
        await stop.wait()


def _timeout() -> httpx2.Timeout:
    return httpx2.Timeout(10.0, connect=5.0)


async def _bound(plan: DemoPlan, server: str) -> socket.socket:
    until = time.monotonic() + plan.patience_s
    while True:
        try:
            return _bind(plan.host, plan.ports[server])
        except OSError as why:
            if why.errno != errno.EADDRINUSE:
                raise
            if time.monotonic() >= until:
                raise PortTaken(server, plan.host, plan.ports[server]) from why
        await asyncio.sleep(_PAUSE_S)


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        # Linux lets two sockets with SO_REUSEADDR bind the same port; only listening finds the other one.
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


async def _lock_data(stack: AsyncExitStack, plan: DemoPlan, server: str) -> None:
    until = time.monotonic() + plan.patience_s
    while True:
        try:
            stack.enter_context(sole_use(plan.data / f"{server}.lock"))
        except DataInUse:
            if time.monotonic() >= until:
                raise
            await asyncio.sleep(_PAUSE_S)
        else:
            return


class _Server(uvicorn.Server):
    """Tells when it is started, and leaves the signals to the process that runs several of them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@asynccontextmanager
async def _serving(application: Application, bound: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        application,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    await _first(task, asyncio.create_task(server.listening.wait()))
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def _first(serving: asyncio.Task[None], listening: asyncio.Task[bool]) -> None:
    await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        listening.cancel()
        serving.result()
