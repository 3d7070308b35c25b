"""Processes are killed, messages get lost and people get in each other's way: does the board keep its promises?

``python -m tests.chaos --topology both --injections 200 --seed 7``; the schedule of faults follows from the seed.
"""

from __future__ import annotations

import argparse
import random
import sys
from typing import TYPE_CHECKING

from tests.chaos.bug_hunt import hunt
from tests.chaos.failpoints import run_failpoints
from tests.chaos.report import judged
from tests.chaos.running import run_chaos
from tests.chaos.schedule import Topology, schedule
from tests.servers import ServersUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_SEED = 99_999


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    topologies = list(Topology) if options.topology == "both" else [Topology(options.topology)]
    if options.plan:
        for topology in topologies:
            print_plan(topology, options.seed, options.injections)
        return 0
    if options.bugs is not None:
        return 0 if hunt(topologies, options.seed, options.injections, options.bugs) else 1
    more = {"CHAOS_BUG": options.bug} if options.bug else {}
    outcomes = [_run(topology, options, more) for topology in topologies]
    return 0 if all(outcomes) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randint(1, LARGEST_SEED), help="default: a random one")
    parser.add_argument("--injections", type=int, default=200, help="faults for each topology (200)")
    parser.add_argument("--topology", choices=[*Topology, "both"], default="both")
    parser.add_argument("--plan", action="store_true", help="print the schedule, run nothing")
    parser.add_argument("--failpoints", type=int, default=0, help="stop processes so often at each named point instead")
    parser.add_argument("--bug", default="", help="plant a bug of tests/chaos/bugs in the board")
    parser.add_argument("--bugs", nargs="*", help="plant each bug, or those named, in a run of its own: is it found?")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def print_plan(topology: Topology, seed: int, count: int) -> None:
    _say(f"{topology}, seed {seed}")
    for number, injection in enumerate(schedule(seed, topology, count), start=1):
        _say(f"{number:5} {injection}")


def _run(topology: Topology, options: argparse.Namespace, more: dict[str, str]) -> bool:
    what = f"{options.failpoints} hits per point" if options.failpoints else f"{options.injections} injections"
    _say(f"chaos: {topology}, seed {options.seed}, {what}")
    try:
        if options.failpoints:
            return run_failpoints(topology, options.seed, options.failpoints)
        return run_chaos(topology, options.seed, options.injections, judged, **more)
    except ServersUnavailable as reason:
        _say(f"NOT RUN: {topology}: {reason}")
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
