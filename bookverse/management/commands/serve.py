"""The whole board in one process, or only the web part where Redis brings the others together."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from bookverse.embedded import start_embedded
from releases.actions.sweeping import take_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.management.base import CommandParser


class Server(uvicorn.Server):
    """Says where it answers once it does."""

    announce: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bind, start the lifespan, then tell people."""
        await super().startup(sockets)
        if self.started:
            self.announce()


class Command(BaseCommand):
    """Migrates, then serves pages, API and sockets; without REDIS_URL worker and beat run inside."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address."""
        parser.add_argument("--bind", default="127.0.0.1:8000", help="host:port")

    def handle(self, *_args: Any, bind: str, **_options: Any) -> None:
        """Run until a signal says otherwise."""
        host, _, port = bind.rpartition(":")
        _refuse_taken_port(host, int(port))
        call_command("migrate", interactive=False, verbosity=0)
        stops = list(self._companions())
        server = Server(
            uvicorn.Config(
                "bookverse.asgi:application",
                host=host,
                port=int(port),
                lifespan="on",
                log_config=None,
                access_log=False,
                ws_max_size=4096,
                timeout_graceful_shutdown=25,
                server_header=False,
            ),
        )
        server.announce = lambda: self._announce(host, port)
        try:
            server.run()
        finally:
            for stop in reversed(stops):
                stop()

    def _companions(self) -> Iterator[Callable[[], None]]:
        if settings.REDIS_URL:
            return
        take_over()
        if settings.DEMO:
            yield start_demo(settings.DEMO_PORT)
            call_command("seed_demo", verbosity=0)
        yield start_embedded()

    def _announce(self, host: str, port: str) -> None:
        self.stdout.write(f"\nThe release board is ready on http://{host}:{port}/")
        if settings.DEMO:
            self.stdout.write(
                "Sign in as  manager / manager  (release manager),  viewer / viewer,  or  admin / admin.\n"
                f"The simulated BookVerse: AppTrust on http://127.0.0.1:{settings.DEMO_PORT}/, "
                f"services on the five ports after it; open one to make it fail, reject or stay silent.\n"
                "For the API (documented on /api/docs):  .venv/bin/python manage.py create_token --user manager\n"
                "Stop with Ctrl-C.",
            )
        self.stdout.flush()


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            message = f"Cannot listen on {host}:{port}: {failure.strerror}. Choose another with PORT=8001 make run."
            raise CommandError(message) from failure


def start_demo(port_base: int) -> Callable[[], None]:
    """Start the simulated BookVerse as a child that ends with this process; return what stops it."""
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
            "--exit-with-parent",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
    )

    def stop() -> None:
        child.terminate()
        child.wait()

    _wait_until_ready(child)
    return stop


def _wait_until_ready(child: subprocess.Popen[str]) -> None:
    for line in child.stdout or ():
        if line.strip() == "ready":
            return
    message = f"The simulated BookVerse ended with {child.wait()} before it was ready."
    raise CommandError(message)
