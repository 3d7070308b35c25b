"""Command line: ``python -m bookverse.demo all``, ``… service inventory``, ``… apptrust`` or ``… ci``."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bookverse.demo.addresses import APPTRUST, CI, DEFAULT_BASE, DEMO_TOKEN, SERVICES
from bookverse.demo.errors import DemoError
from bookverse.demo.parent import call_when_closed
from bookverse.demo.servers import DemoPlan, all_servers, serve
from bookverse.demo.telling import log_as


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status: 0 after a stop that was asked for, 1 where the servers could not start."""
    options = _parser().parse_args(arguments)
    log_as(options.log_format)
    try:
        asyncio.run(_run(_plan(options), exit_with_parent=options.exit_with_parent))
    except DemoError as why:
        print(why, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bookverse.demo", description="Run the simulated BookVerse.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_options(commands.add_parser("all", help="five services, AppTrust and a build system, each on its own port"))
    service = commands.add_parser("service", help="one service")
    service.add_argument("name", choices=SERVICES)
    apptrust = commands.add_parser(APPTRUST, help="only AppTrust")
    ci = commands.add_parser(CI, help="only the build system")
    for single in (service, apptrust, ci):
        _add_options(single)
        single.add_argument("--port", type=int, help="default: the server's place above the base")
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    base = os.environ.get("DEMO_PORT") or str(DEFAULT_BASE)
    parser.add_argument("--port-base", type=int, default=base, help="first of the seven ports; 0: any free ports")
    parser.add_argument("--data", type=Path, default=Path("var/demo"), help="folder of the SQLite files")
    # A board that was killed takes its servers with it, which need a moment to let go of ports and data.
    parser.add_argument("--patience", type=float, default=5.0, help="seconds to wait for ports and data in use")
    parser.add_argument("--token", default=os.environ.get("JFROG_ACCESS_TOKEN") or DEMO_TOKEN, help=argparse.SUPPRESS)
    parser.add_argument("--log-format", default=os.environ.get("LOG_FORMAT") or "text", help="text or json")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input closes")


def _plan(options: argparse.Namespace) -> DemoPlan:
    base = options.port_base
    everything = all_servers(base=base)
    if options.command == "all":
        ports = everything
    else:
        server = options.command if options.command in {APPTRUST, CI} else options.name
        ports = {server: everything[server] if options.port is None else options.port}
    return DemoPlan(
        ports=ports,
        siblings=everything if base else {},
        data=options.data,
        token=options.token,
        host=options.host,
        patience_s=options.patience,
    )


async def _run(plan: DemoPlan, *, exit_with_parent: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if exit_with_parent:
        call_when_closed(sys.stdin.fileno(), lambda: loop.call_soon_threadsafe(stop.set))
    await serve(plan, stop=stop, announce=_say, on_ready=lambda _ports: None)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
