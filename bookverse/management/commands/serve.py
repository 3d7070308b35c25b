"""The whole board in one process, or only the web part where Redis brings the others together."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from bookverse.embedded import start_embedded
from releases import stopping
from releases.actions.sweeping import take_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from django.core.management.base import CommandParser

# With the notice before it and the threads that end after it, half a minute: what a supervisor usually grants.
DRAIN_S = 20


class Server(uvicorn.Server):
    """Says where it answers once it does, and that it will stop before it does."""

    announce: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bind, start the lifespan, then tell people."""
        await super().startup(sockets)
        if self.started:
            self.announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer "not ready" for a while, then finish what is being answered and close sockets with 1012."""
        stopping.begin()
        await asyncio.sleep(settings.STOP_NOTICE_S)
        await super().shutdown(sockets)


class Command(BaseCommand):
    """Migrates, then serves pages, API and sockets; without REDIS_URL worker and beat run inside."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address."""
        parser.add_argument("--bind", default="127.0.0.1:8000", help="host:port")

    def handle(self, *_args: Any, bind: str, **_options: Any) -> None:
        """Run until a signal says otherwise, then end in good order: with status 0, and nothing left behind."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end)
        host, _, port = bind.rpartition(":")
        _refuse_taken_port(host, int(port))
        with ExitStack() as companions:
            self._start_companions(companions)
            self._serve(host, port)

    def _serve(self, host: str, port: str) -> None:
        server = Server(
            uvicorn.Config(
                "bookverse.asgi:application",
                host=host,
                port=int(port),
                lifespan="on",
                log_config=None,
                access_log=False,
                ws_max_size=4096,
                # Everybody gets the same text, which the server would compress anew for each of them.
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=DRAIN_S,
                server_header=False,
                # How many proxies to believe is a setting (PROXIES); uvicorn would believe any that is on this machine.
                proxy_headers=False,
            ),
        )
        server.announce = lambda: self._announce(host, port)
        server.run()

    def _start_companions(self, companions: ExitStack) -> None:
        is_alone = not settings.REDIS_URL
        # It takes as long to start as the board does: both at once.
        demo = companions.enter_context(running_demo(settings.DEMO_PORT)) if is_alone and settings.DEMO else None
        call_command("migrate", interactive=False, verbosity=0)
        if not is_alone:
            return
        take_over()
        if demo is not None:
            import_module("bookverse.asgi")
            wait_until_ready(demo)
            call_command("seed_demo", follow=True, approvals=True, verbosity=0)
        companions.callback(start_embedded())

    def _announce(self, host: str, port: str) -> None:
        self.stdout.write(f"\nThe release board is ready on http://{host}:{port}/")
        if settings.DEMO and not settings.REDIS_URL:
            self.stdout.write(
                "Sign in as  manager / manager  (release manager),  viewer / viewer,\n"
                "approver / approver,  or  admin / admin.  PROD wants one sign-off of the approver.\n"
                f"The simulated BookVerse: AppTrust on http://127.0.0.1:{settings.DEMO_PORT}/, "
                "services and a build system on the six ports after it; open one to make it fail or stay silent.\n"
                "For the API (documented on /api/docs):  .venv/bin/python manage.py create_token --user manager\n"
                "Stop with Ctrl-C.",
            )
        self.stdout.flush()


def _end(_number: int, _frame: FrameType | None) -> None:
    # The server hands its signals on here once it has stopped; before it runs they come here directly.
    sys.exit(0)


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            message = f"Cannot listen on {host}:{port}: {failure.strerror}. Choose another with PORT=8001 make run."
            raise CommandError(message) from failure


@contextmanager
def running_demo(port_base: int) -> Iterator[subprocess.Popen[str]]:
    """Start the simulated BookVerse as a child that ends with this process; it says so once it is ready."""
    child = subprocess.Popen(  # noqa: S603 (our own module)
        [
            sys.executable,
            "-m",
            "bookverse.demo",
            "all",
            "--port-base",
            str(port_base),
            "--data",
            settings.DEMO_DATA,
            "--log-format",
            settings.LOG_FORMAT,
            "--exit-with-parent",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
    )
    try:
        yield child
    finally:
        child.terminate()
        child.wait()


def wait_until_ready(child: subprocess.Popen[str]) -> None:
    """Return once the simulated BookVerse answers; ``CommandError`` when it ended instead."""
    for line in child.stdout or ():
        if line.strip() == "ready":
            return
    message = f"The simulated BookVerse ended with {child.wait()} before it was ready."
    raise CommandError(message)
