"""Operators who leave nothing untried, and services that give them reason to: every action comes up all the time."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle
from random import Random
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg

from bookverse.demo.addresses import SERVICES
from tests.chaos.desk import Order
from tests.chaos.gate import Mode
from tests.chaos.operators import FAILED, Crew, Operator, next_stage
from tests.chaos.wire import answer, read_message, send_back

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tests.chaos.world import World

INBOX = "ops"
ADD_INBOX = "INSERT INTO releases_inbox (name, url, generation) VALUES ('{name}', '{url}', 1)"
PHASE_MS = 2500
# Longer than a phase may take, and than a claim lasts without being renewed.
SLOW_MS, STALL_S = 4000, 2.2
QUICK_MS = 150
SPOIL_EVERY_S = 0.3
# By turns one service is spoilt after the other, and all of them outlast their deadlines: asked, given up, and late.
SPOILING, SULKING = 20, 30


class Restless(Operator):
    """Wants every result in the inbox, and seldom lets a promotion run by itself."""

    def act(self, view: Mapping[str, Any]) -> None:
        match view["state"]:
            case "planned" | "waiting":
                self._begin(view)
            case "promoting":
                self._meddle(view)
            case "held":
                self._decide(view)
            case "paused":
                self._post(view, "resume")
            case _:
                return

    def _begin(self, view: Mapping[str, Any]) -> None:
        stage = next_stage(view)
        if not stage or self.chance.random() < 0.1:
            self._post(view, "cancel", key=self.desk.new_key())
            return
        body = {"stage": stage, "timeout_ms": PHASE_MS, "strategy": "inbox", "inbox": INBOX}
        self.desk.insist(Order(path=f"/releases/{view['version']}/promotions", body=body, key=self.desk.new_key()))

    def _meddle(self, view: Mapping[str, Any]) -> None:
        match self.chance.randrange(12):
            case 0 | 1:
                self._post(view, "pause")
            case 2:
                self._post(view, "cancel", key=self.desk.new_key())
            case 3 | 4:
                self.desk.insist(Order(path="/catalog/sync", body={}))
            case 5 | 6:
                version = f"0.{self.chance.randrange(10_000)}.{self.chance.randrange(10_000)}"
                service = self.chance.choice(SERVICES)
                self.desk.insist(Order(path=f"/services/{service}/versions", body={"version": version}))
            case _:
                return

    def _decide(self, view: Mapping[str, Any]) -> None:
        for step in view["steps"]:
            if step["state"] in FAILED:
                # The first that is not refused: there is seldom a late success to accept.
                self._post(view, f"steps/{step['service']}/accept", key=self.desk.new_key())
                # Seldom enough that a late result has the time to come.
                match self.chance.randrange(10):
                    case 0 | 1:
                        self._post(view, f"steps/{step['service']}/skip", {"reason": "not worth the wait"})
                    case 2:
                        self._post(view, f"steps/{step['service']}/retry", key=self.desk.new_key())
                    case _:
                        continue

    def _post(
        self, view: Mapping[str, Any], verb: str, body: Mapping[str, object] | None = None, *, key: str = ""
    ) -> None:
        self.desk.insist(Order(path=f"/releases/{view['version']}/{verb}", body=body or {}, key=key))


class RestlessCrew(Crew):
    """As many as there are accounts."""

    KIND = Restless


@dataclass(slots=True)
class Nuisance:
    """Makes services fail, dawdle or say nothing, and gates and the inbox slow, until it is told to stop."""

    world: World
    chance: Random
    stop: Event

    def start(self) -> Thread:
        thread = Thread(target=self._work, name="nuisance")
        thread.start()
        return thread

    def _work(self) -> None:
        for turn in cycle([*[self._spoil] * SPOILING, *[self._sulk] * SULKING]):
            if self.stop.wait(SPOIL_EVERY_S):
                break
            turn(self.chance.choice(SERVICES))
        for service in SERVICES:
            self.world.simulation.behave(service, mode="succeed", duration_ms=QUICK_MS)

    def _sulk(self, service: str) -> None:
        self.world.simulation.behave(service, mode="succeed", duration_ms=SLOW_MS)

    def _spoil(self, service: str) -> None:
        match self.chance.randrange(6):
            case 0 | 1:
                self.world.simulation.behave(service, mode=self.chance.choice(["fail", "reject", "silent"]), times=1)
            case 2:
                self.world.simulation.behave(service, mode="succeed", duration_ms=SLOW_MS)
            case 3:
                self.world.gates[service].shut(Mode.STALL, orders=1, stall_s=STALL_S)
            case _:
                self.world.simulation.behave(service, mode="succeed", duration_ms=QUICK_MS)


class SlowInbox:
    """Takes whatever is posted, now and then only after a while."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        if self._chance.random() < 0.3:
            await asyncio.sleep(STALL_S)
        await send_back(writer, answer(200, {}))


def add_inbox(world: World) -> None:
    """Let promotions name the inbox; only an administrator may, whose pages are not what is tried here."""
    port = world.relays.listen(SlowInbox(Random(world.run.seed)).serve, 0)
    statement = ADD_INBOX.format(name=INBOX, url=f"http://127.0.0.1:{port}/results")
    address = urlsplit(world.run.database_url)
    if address.scheme == "sqlite":
        with closing(sqlite3.connect(address.path[1:])) as connection, connection:
            connection.execute(statement)
    else:
        with psycopg.connect(world.run.database_url) as server:
            server.execute(statement)
