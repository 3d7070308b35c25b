"""People at work: each makes one release after the other, promotes it stage by stage and mends what is held."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from random import Random
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, ClassVar

from tests.chaos.desk import Desk, Order
from tests.chaos.world import LINES, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.world import World

STAGES = ("DEV", "QA", "STAGING", "PROD")
FAILED = frozenset({"failed", "rejected", "timed_out"})
ENDED = frozenset({"released", "cancelled"})
LOOK_EVERY_S = 0.25
PHASE_MS = 6000
# In hundredths of what an operator does with a running promotion each time that they look.
PAUSES, CANCELS = 4, 1
SKIPS = 20
GIVES_UP_WAITING = 12
SUCH_AS = re.compile(r"such as (\d+\.\d+\.\d+)\.")


@dataclass(slots=True)
class Operator:
    """One person with a desk; ``release`` is what they are at, ``latest`` what they were at last."""

    desk: Desk
    stop: Event
    chance: Random
    release: str = ""
    latest: str = ""
    refused: int = 0

    def work(self) -> None:
        while not self.stop.wait(LOOK_EVERY_S):
            if not self.release:
                self.release = self.create() or ""
                self.latest = self.release or self.latest
            elif self.step() in ENDED:
                self.release = ""

    def page(self) -> str:
        """Return the address of the page that shows what they are at."""
        return f"/releases/{self.latest}"

    def create(self) -> str | None:
        """Make a release of versions drawn from the pool; it may equal what runs, so it is asked for by force."""
        versions = {service: f"{line}.{self.chance.choice(VERSIONS)}" for service, line in LINES.items()}
        body: dict[str, object] = {"versions": versions, "forced": True, "reason": "another set"}
        plan = self.desk.preview(body)
        if plan and (free := free_target(plan)):
            body["target_version"] = free
            plan = self.desk.preview(body)
        if not plan:
            return None
        order = Order(path="/releases", body={**body, "accept_digest": plan["digest"]}, key=self.desk.new_key())
        reply = self.desk.insist(order)
        return str(reply.document["version"]) if reply and reply.is_success else None

    def step(self) -> str:
        """Do the next thing to the release at hand and return the state that it was found in."""
        view = self.desk.read(f"/releases/{self.release}")
        if not view:
            return ""
        self.act(view)
        return str(view["state"])

    def act(self, view: Mapping[str, Any]) -> None:
        match view["state"]:
            case "planned" | "waiting":
                self._promote(view)
            case "promoting":
                self._interfere(view)
            case "held":
                mend(self.desk, view, skips=SKIPS)
            case "paused":
                self._send(view, "resume", {})
            case _:
                return

    def _promote(self, view: Mapping[str, Any]) -> None:
        stage = next_stage(view)
        if self.refused > GIVES_UP_WAITING or not stage:
            self.refused = 0
            self._send(view, "cancel", {"reason": "it does not get on"}, key=self.desk.new_key())
            return
        body = {"stage": stage, "timeout_ms": PHASE_MS}
        order = Order(path=f"/releases/{view['version']}/promotions", body=body, key=self.desk.new_key())
        reply = self.desk.insist(order)
        self.refused = 0 if reply and reply.is_success else self.refused + 1

    def _interfere(self, view: Mapping[str, Any]) -> None:
        drawn = self.chance.randrange(100)
        if drawn < CANCELS:
            self._send(view, "cancel", {"reason": "not today"}, key=self.desk.new_key())
        elif drawn < CANCELS + PAUSES:
            self._send(view, "pause", {"reason": "a moment"})

    def _send(self, view: Mapping[str, Any], verb: str, body: Mapping[str, object], key: str = "") -> None:
        said = {**body, "lock_version": view["lock_version"]}
        self.desk.insist(Order(path=f"/releases/{view['version']}/{verb}", body=said, key=key))


def free_target(plan: Mapping[str, Any]) -> str:
    """Return what to ask for instead of a number that was given up on the way to PROD, empty where none is needed."""
    fixes = (each["fix"] for each in plan["problems"] if each["code"] == "already-published")
    found = (SUCH_AS.search(fix) for fix in fixes)
    return next((each[1] for each in found if each), "")


def next_stage(view: Mapping[str, Any]) -> str:
    """Return the stage whose turn it is by the page's own button, empty where there is none."""
    turn = "It is not this stage's turn."
    waiting = [stage for stage in view["stages"] if stage["promote"]["why_not"] != turn]
    return next((stage["stage"] for stage in waiting if stage["state"] != "succeeded"), "")


def mend(desk: Desk, view: Mapping[str, Any], *, skips: int) -> None:
    """Retry what failed, or skip it in ``skips`` of a hundred cases."""
    for step in view["steps"]:
        if step["state"] not in FAILED:
            continue
        path = f"/releases/{view['version']}/steps/{step['service']}"
        if desk.chance.randrange(100) < skips:
            desk.insist(Order(path=f"{path}/skip", body={"reason": "we go on without it"}))
        else:
            desk.insist(Order(path=f"{path}/retry", body={}, key=desk.new_key()))


class Crew:
    """The operators of a run, each in a thread."""

    KIND: ClassVar = Operator

    def __init__(self, world: World) -> None:
        self.stop = Event()
        self.operators = [self._operator(world, name, token) for name, token in world.tokens.items()]
        self._threads = [Thread(target=each.work, name=each.desk.operator, daemon=True) for each in self.operators]

    def _operator(self, world: World, name: str, token: str) -> Operator:
        chance = Random(f"{world.run.seed} {name}")
        desk = Desk(name, token, urls=world.urls(), recorder=world.recorder, chance=chance, gives_up=self.stop.is_set)
        return self.KIND(desk, self.stop, chance)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Let everybody complete what they are at this moment, and begin nothing more."""
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        for operator in self.operators:
            operator.desk.close()


def open_releases(desk: Desk) -> list[str] | None:
    """Return the releases with an open promotion; None while nobody answers."""
    found: list[str] = []
    for state in ("promoting", "held", "paused"):
        page = desk.read(f"/releases?state={state}&limit=200")
        if page is None:
            return None
        found += [line["version"] for line in page["items"]]
    return found


def finish_everything(desk: Desk, *, within_s: float) -> list[str]:
    """Resume what is paused and retry what is held until no promotion is open; return what still is after that."""
    deadline = time.monotonic() + within_s
    left = open_releases(desk)
    while left != [] and time.monotonic() < deadline:
        for version in left or ():
            view = desk.read(f"/releases/{version}")
            if view and view["state"] == "held":
                mend(desk, view, skips=0)
            elif view and view["state"] == "paused":
                desk.insist(Order(path=f"/releases/{version}/resume", body={}))
        time.sleep(LOOK_EVERY_S)
        left = open_releases(desk)
    return left if left is not None else ["(nobody answers)"]
