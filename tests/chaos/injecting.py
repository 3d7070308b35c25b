"""Carries the schedule out: at each fault's moment, against whatever the board is at then."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING

import psycopg
import redis

from tests.chaos.clashing import clash
from tests.chaos.gate import Mode
from tests.chaos.patience import insistently, patiently
from tests.chaos.postman import Accident, Fault, Forgery
from tests.chaos.records import InjectionRecord
from tests.chaos.schedule import STARTING, Clash, Injection, Kind
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.chaos.operators import Crew
    from tests.chaos.world import World

RESTART_WITHIN_S = 30.0
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@dataclass(slots=True)
class Injector:
    """Every fault is written down once it happened."""

    world: World
    crew: Crew
    started: float
    clashes: list[Thread] = field(default_factory=list)

    def inject_all(self, injections: Sequence[Injection]) -> None:
        for injection in injections:
            time.sleep(injection.gap_s)
            self.inject(injection)
        # Nobody may begin anything while the board comes to rest.
        for thread in self.clashes:
            thread.join()

    def inject(self, injection: Injection) -> None:
        at = time.monotonic() - self.started
        self.world.fleet.revive()
        _WAYS[injection.kind](self, injection)
        target = f"{injection.target} {injection.how}".strip()
        self.world.recorder.write(InjectionRecord(at=round(at, 3), kind=injection.kind, target=target))

    def kill_process(self, injection: Injection) -> None:
        """Kill a process a moment after it came up, or, where the schedule says so, however far its start has come."""
        fleet, name = self.world.fleet, injection.target
        if injection.how != STARTING:
            until(lambda: self._comes_up(name), what=lambda: f"{name} does not come up; read {fleet.folder}")
            self._await_messages(injection)
        fleet.kill(name)
        fleet.start(name)

    def _comes_up(self, name: str) -> bool:
        self.world.fleet.revive()
        return self.world.fleet.is_up(name)

    def _await_messages(self, injection: Injection) -> None:
        """Let some messages pass first: by the clock, a slow machine would do nothing but start."""
        enough = self.world.messages() + injection.count
        patiently(lambda: self.world.messages() >= enough, within_s=injection.wait_s)

    def kill_server(self, injection: Injection) -> None:
        server = self.world.servers[injection.target]
        server.kill()
        server.restart(within_s=RESTART_WITHIN_S)

    def kill_backend(self, injection: Injection) -> None:
        """PostgreSQL ends all its other backends as well when one of them was killed."""
        url = self.world.servers[injection.target].url
        # It may still recover from the kill before.
        missing = (psycopg.OperationalError, ProcessLookupError)
        insistently(lambda: os.kill(_a_backend(url), signal.SIGKILL), *missing, within_s=RESTART_WITHIN_S)

    def flush(self, injection: Injection) -> None:
        with redis.Redis.from_url(self.world.servers[injection.target].url) as client:
            client.flushall()

    def shut_gate(self, injection: Injection) -> None:
        gate = self.world.gates[injection.target]
        gate.shut(Mode(injection.how), orders=injection.count, stall_s=injection.wait_s)

    def hurt_callback(self, injection: Injection) -> None:
        self.world.postman.accidents.append(Accident(fault=Fault(injection.how), wait_s=injection.wait_s))

    def forge(self, injection: Injection) -> None:
        self.world.relays.begin(self.world.postman.forge(Forgery(injection.how)))

    def clash(self, injection: Injection) -> None:
        """In a thread: a command may wait for a board that is just being killed."""
        first, second = self.crew.operators
        version = first.release or second.release
        if version:
            desks = (first.desk, second.desk)
            thread = Thread(target=clash, args=(Clash(injection.how), desks, version), daemon=True)
            self.clashes.append(thread)
            thread.start()

    def spoil_service(self, injection: Injection) -> None:
        self.world.behave(injection.target, mode=injection.how, times=injection.count)


def _a_backend(url: str) -> int:
    """Return the process of somebody's connection; ProcessLookupError while nobody has one."""
    with psycopg.connect(url) as connection:
        found = connection.execute(BACKENDS).fetchone()
    if found is None:
        raise ProcessLookupError
    return int(found[0])


_WAYS: dict[Kind, Callable[[Injector, Injection], None]] = {
    Kind.PROCESS: Injector.kill_process,
    Kind.POSTGRES: Injector.kill_server,
    Kind.BACKEND: Injector.kill_backend,
    Kind.REDIS: Injector.kill_server,
    Kind.FLUSH: Injector.flush,
    Kind.GATE: Injector.shut_gate,
    Kind.CALLBACK: Injector.hurt_callback,
    Kind.FORGERY: Injector.forge,
    Kind.CLASH: Injector.clash,
    Kind.SERVICE: Injector.spoil_service,
}
