"""Puts load on real boards and measures what was promised of them: ``python -m tests.load soak --minutes 10``.

Ends with 1 where a promise is missed. Numbers of a machine that is busy with something else mean little, so how busy
it was is printed with them.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING

from tests.load import callbacks, clicks, restarting, soak, stopping
from tests.servers import ServersUnavailable, stop_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.load.measuring import Line

PROOFS: Mapping[str, Callable[..., Iterator[Line]]] = {
    "clicks": clicks.proof,
    "callbacks": callbacks.proof,
    "restarting": restarting.proof,
    "stopping": stopping.proof,
    "soak": soak.proof,
}
TOPOLOGIES = ("embedded", "split")


def main() -> int:
    asked = _arguments().parse_args()
    missed = 0
    for topology in TOPOLOGIES if asked.topology == "both" else (asked.topology,):
        for name in asked.proofs or PROOFS:
            say(f"\n{name}, {topology} (load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
            for line in PROOFS[name](topology, minutes=asked.minutes, viewers=asked.viewers):
                say(f"  {line}")
                missed += line.is_missed
    say(f"\n{missed} missed" if missed else "\nevery promise was kept")
    return 1 if missed else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("proofs", nargs="*", metavar="PROOF", help=f"of {', '.join(PROOFS)}; all when none is named")
    parser.add_argument("--topology", choices=(*TOPOLOGIES, "both"), default="both")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long the soak lasts")
    parser.add_argument("--viewers", type=int, default=200, help="how many sockets watch")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop_in_order)
    try:
        sys.exit(main())
    except ServersUnavailable as reason:
        say(f"NOT RUN: {reason}")
        sys.exit(1)
