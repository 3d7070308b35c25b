"""Stops the board's processes at every named point, again and again, and lets the checker judge what that led to."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from threading import Event
from typing import TYPE_CHECKING

from tests.chaos.app.wishes import HITS, POINT, written
from tests.chaos.points import required_points
from tests.chaos.records import InjectionRecord
from tests.chaos.report import judged
from tests.chaos.restless import Nuisance, RestlessCrew, add_inbox
from tests.chaos.running import Course, close_up, run_folder, trouble
from tests.chaos.schedule import Kind as Kill
from tests.chaos.schedule import Topology
from tests.chaos.world import world

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.chaos.points import Kind
    from tests.chaos.world import World

# So many points are armed in a process at once; it dies at the first that it reaches.
AT_ONCE = 8
LOOK_EVERY_S = 0.05
# Nobody died for so long: what they are armed with is seldom reached, others may be luckier.
QUIET_S = 15.0
# Without a single hit for so long, whatever they are armed with, what is left cannot be reached.
PATIENCE_S = 600.0
NTH, ODDS = (1, 2, 3), (6, 3, 1)
# Reached once in the life of a process.
ONCE = frozenset({"sweeping.take_over:before-commit", "sweeping.take_over:after-commit"})


@dataclass(slots=True, kw_only=True)
class Range:
    """Which points are still to be hit, and who is armed with which; all of it drawn from one seed."""

    points: Mapping[str, frozenset[Kind]]
    wanted: int
    chance: Random
    hits: Counter[str] = field(default_factory=Counter)

    def missing(self) -> dict[str, int]:
        """Return how often each point is still to be hit, without those that are done."""
        return {point: self.wanted - self.hits[point] for point in self.points if self.hits[point] < self.wanted}

    def arms_for(self, kind: str) -> dict[str, int]:
        """Draw what a new process of a kind is to die at: points that it can reach, each with the visit.

        Those hit least come first: who dies at what is always on its way seldom lives to see a deadline pass.
        """
        within_reach = sorted(point for point in self.missing() if kind in self.points[point])
        self.chance.shuffle(within_reach)
        drawn = sorted(within_reach, key=lambda point: self.hits[point])[:AT_ONCE]
        return {point: 1 if point in ONCE else self.chance.choices(NTH, ODDS)[0] for point in drawn}


@dataclass(slots=True)
class Quiet:
    """How long nobody has died; all times are seconds of one clock."""

    last_hit: float
    armed: float

    def hit(self, now: float) -> None:
        self.last_hit = self.armed = now

    def rearm(self, now: float) -> bool:
        """Tell whether to arm everybody anew, and count the time from now if so."""
        if now - self.armed < QUIET_S:
            return False
        self.armed = now
        return True

    def is_for_good(self, now: float) -> bool:
        return now - self.last_hit >= PATIENCE_S


@dataclass(slots=True, kw_only=True)
class Shooting:
    """Restarts whoever died with other points, until every point was hit often enough or none is hit any more."""

    world: World
    range: Range
    hits: Path
    seen: int = 0

    def start(self, name: str) -> None:
        arms = self.range.arms_for(self.world.fleet.commands[name].kind)
        self.world.fleet.start(name, **({POINT: written(arms), HITS: str(self.hits)} if arms else {}))

    def shoot(self) -> None:
        started = time.monotonic()
        quiet = Quiet(started, started)
        while self.range.missing() and not quiet.is_for_good(now := time.monotonic()):
            for name in self.world.fleet.dead():
                self.start(name)
            if self._count(started):
                quiet.hit(now)
            elif quiet.rearm(now):
                self.kill_all()
            time.sleep(LOOK_EVERY_S)
        self._disarm()

    def kill_all(self) -> None:
        """Whoever is killed comes back with other arms."""
        for name in self.world.fleet.commands:
            self.world.fleet.kill(name)

    def _count(self, started: float) -> bool:
        """Read which points were hit since the last time."""
        points = self.hits.read_text().split() if self.hits.exists() else []
        fresh, self.seen = points[self.seen :], len(points)
        for point in fresh:
            self.range.hits[point] += 1
            at = round(time.monotonic() - started, 3)
            self.world.recorder.write(InjectionRecord(at=at, kind=Kill.PROCESS, target=point))
        return bool(fresh)

    def _disarm(self) -> None:
        for name in self.world.fleet.commands:
            self.world.fleet.kill(name)
            self.world.fleet.start(name)


def run_failpoints(topology: Topology, seed: int, wanted: int) -> bool:
    """Hit every point of a topology ``wanted`` times, then judge the run; False where one was not hit so often."""
    folder, began = run_folder(topology, seed), time.monotonic()
    points = required_points(embedded=topology is Topology.EMBEDDED)
    targets = Range(points=points, wanted=wanted, chance=Random(f"{seed} {topology}"))
    with world(topology, seed, folder) as running:
        add_inbox(running)
        running.start_board()
        again = f"python -m tests.chaos --failpoints {wanted} --topology {topology} --seed {seed}"
        course = Course(again=again, injections=(), set_up_s=time.monotonic() - began)
        shooting = Shooting(world=running, range=targets, hits=folder / "hits")
        trouble(running, course, RestlessCrew(running), lambda: _shoot_amid_nuisance(shooting, seed))
        course.stuck += [f"{point} was hit {targets.hits[point]} times of {wanted}" for point in targets.missing()]
        close_up(running, course)
        sys.stdout.write(f"{_told(targets)}\n")
        return judged(folder, course)


def _shoot_amid_nuisance(shooting: Shooting, seed: int) -> None:
    stop = Event()
    thread = Nuisance(shooting.world, Random(seed), stop).start()
    try:
        shooting.kill_all()
        shooting.shoot()
    finally:
        stop.set()
        thread.join()


def _told(targets: Range) -> str:
    lines = [f"{targets.hits[point]:5} x {point}" for point in sorted(targets.points)]
    return "\n".join([f"hits {targets.hits.total()} at {len(targets.points)} points", *lines])
