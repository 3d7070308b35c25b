"""Everything that a run is made of: the services, what stands before them, the servers, and the board's processes."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import httpx2

from bookverse.demo.addresses import APPTRUST, DEMO_TOKEN, SERVERS, SERVICES, port_of, server_url
from tests.browser.simulation import Simulation, simulated_bookverse
from tests.chaos.fleet import Command, Fleet, fleet_of
from tests.chaos.gate import Gate
from tests.chaos.patience import insistently
from tests.chaos.postman import Postman
from tests.chaos.records import Recorder, Run, write_run
from tests.chaos.schedule import WEBS, WORKERS, Topology
from tests.chaos.wire import Relays
from tests.flows.processes import ROOT, demo_environment
from tests.ports import free_port
from tests.servers import Account, Server, postgres, redis, server_folder
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# The highest versions of the demo that fit together; every one from here on fits as well.
LINES = {"inventory": "1.4", "recommendations": "2.2", "checkout": "1.5", "web": "3.0", "helm": "1.1"}
VERSIONS = range(10, 15)
SERVICE_TAKES_MS = 250
STOP_WITHIN_S = 30.0
SETTLE_WITHIN_S = 60.0


@dataclass(slots=True, kw_only=True)
class World:
    """A run that is set up; ``tokens`` are the operators' API tokens by account."""

    run: Run
    folder: Path
    recorder: Recorder
    fleet: Fleet
    simulation: Simulation
    gates: Mapping[str, Gate]
    postman: Postman
    relays: Relays
    tokens: Mapping[str, str]
    servers: Mapping[str, Server] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        return self.run.environment

    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{web.port}" for web in self.fleet.webs()]

    def messages(self) -> int:
        """Count the orders and callbacks that were on their way so far, to whatever end."""
        return self.postman.seen + sum(gate.seen for gate in self.gates.values())

    def start_board(self) -> None:
        for name in self.fleet.commands:
            self.fleet.start(name)
        until(self.is_up, what=self._what_is_wrong)

    def is_up(self) -> bool:
        return all(map(self.fleet.is_up, self.fleet.commands)) and all(_answers(f"{url}/readyz") for url in self.urls())

    def _comes_up(self) -> bool:
        self.fleet.revive()
        return self.is_up()

    def _what_is_wrong(self) -> str:
        silent = [name for name in self.fleet.commands if not self.fleet.is_up(name)]
        return f"dead are {self.fleet.dead()}, not up {silent}; read the logs in {self.folder}"

    def behave(self, service: str, **changes: object) -> None:
        """Tell a service how to treat its next deployments; a busy machine may take long to hear it."""
        insistently(lambda: self.simulation.behave(service, **changes), httpx2.TransportError, within_s=SETTLE_WITHIN_S)

    def calm(self) -> None:
        """End every fault: from here on all that is left over must come right by itself."""
        self.postman.accidents.clear()
        for service, gate in self.gates.items():
            gate.open()
            self.behave(service, mode="succeed")
        until(self._comes_up, what=self._what_is_wrong)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).is_success
    except httpx2.HTTPError:
        return False


@contextmanager
def world(topology: Topology, seed: int, folder: Path, **more: str) -> Iterator[World]:
    """Set a run up in an empty folder; ``more`` is added to the environment of all of the board's processes."""
    with ExitStack() as stack:
        recorder = Recorder(folder)
        stack.callback(recorder.close)
        services = folder / "services"
        services.mkdir()
        simulation = Simulation(port=stack.enter_context(simulated_bookverse(services)))
        servers = stack.enter_context(_servers(topology))
        relays = Relays()
        stack.callback(relays.close)
        gate_base = free_port(consecutive=len(SERVERS))
        gates = _gates(relays, recorder, base=gate_base, upstream=simulation.port)
        web_port = free_port(consecutive=len(WEBS))
        commands = _commands(topology, web_port)
        postman = Postman(webs=list, recorder=recorder, chance=Random(seed), begin=relays.begin)
        urls = _urls(servers, folder)
        environment = {
            **demo_environment(port=web_port, demo_port=gate_base, data=services),
            **urls,
            **_settings(simulation, relays.listen(postman.serve, 0)),
            **more,
        }
        # The processes import what they need meanwhile.
        fleet = stack.enter_context(fleet_of(commands, environment, folder))
        register_versions(simulation)
        tokens = _prepare(environment)
        fleet.await_imports()
        postman.webs = lambda: [web.port for web in fleet.webs()]
        run = Run(topology=topology, seed=seed, database_url=urls["DATABASE_URL"], environment=environment)
        write_run(folder, run)
        yield World(
            run=run, folder=folder, recorder=recorder, fleet=fleet, simulation=simulation, gates=gates,
            postman=postman, relays=relays, tokens=tokens, servers=servers,
        )  # fmt: skip


@contextmanager
def _servers(topology: Topology) -> Iterator[dict[str, Server]]:
    if topology is Topology.EMBEDDED:
        yield {}
        return
    account = Account.unprivileged()
    with ExitStack() as stack:
        folder = stack.enter_context(server_folder())
        # One after the other: each takes a port that is free once the one before has its own.
        database = stack.enter_context(postgres(folder, account).running())
        broker = stack.enter_context(redis(folder, account).running())
        yield {"postgres": database, "redis": broker}


def _urls(servers: Mapping[str, Server], folder: Path) -> dict[str, str]:
    if not servers:
        return {"DATABASE_URL": f"sqlite:///{folder / 'board.sqlite3'}", "REDIS_URL": ""}
    return {"DATABASE_URL": servers["postgres"].url, "REDIS_URL": servers["redis"].url}


def _settings(simulation: Simulation, postman_port: int) -> dict[str, str]:
    """Short patience, so that what must lapse does so within a run."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        "BOOKVERSE_DEMO": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "CALLBACK_BASE_URL": f"http://127.0.0.1:{postman_port}",
        "JFROG_URL": server_url(APPTRUST, base=simulation.port),
        "JFROG_ACCESS_TOKEN": DEMO_TOKEN,
        "OUTBOUND_ALLOW": "127.0.0.0/8",
        "COLLECT_EVERY_S": "2",
        "PROBE_EVERY_S": "5",
        "SESSION_TIMEOUT_DEFAULT_MS": "6000",
        "START_LEASE_MS": "5000",
        "PROGRESS_LEASE_MS": "5000",
        "UNDELIVERABLE_AFTER_MS": "20000",
    }


def _gates(relays: Relays, recorder: Recorder, *, base: int, upstream: int) -> dict[str, Gate]:
    gates = {name: Gate(name, port_of(name, base=upstream), recorder) for name in SERVICES}
    for service, gate in gates.items():
        relays.listen(gate.serve, port_of(service, base=base))
    return gates


def _commands(topology: Topology, port: int) -> list[Command]:
    webs = [_web(name, port + number) for number, name in enumerate(WEBS)]
    if topology is Topology.EMBEDDED:
        return webs[:1]
    return [*webs, *(_celery(name, "worker", "--hostname", f"{name}@%h") for name in WORKERS), _celery("beat", "beat")]


def _web(name: str, port: int) -> Command:
    return Command(name=name, kind="web", arguments=("manage.py", "serve", "--bind", f"127.0.0.1:{port}"), port=port)


def _celery(name: str, kind: str, *more: str) -> Command:
    return Command(name=name, kind=kind, arguments=("celery", "-A", "bookverse", kind, "--loglevel", "INFO", *more))


def register_versions(simulation: Simulation) -> None:
    """Give every service several versions that all fit, so that there is always another release to make."""
    address = f"{server_url(APPTRUST, base=simulation.port)}/apptrust/api/v1/applications"
    headers = {"Authorization": f"Bearer {DEMO_TOKEN}"}
    with httpx2.Client(trust_env=False, headers=headers) as client:
        for service, version in ((service, f"{line}.{n}") for service, line in LINES.items() for n in VERSIONS):
            sources = {"packages": [{"type": "docker", "name": service, "version": version}]}
            client.post(
                f"{address}/bookverse-{service}/versions?async=false", json={"version": version, "sources": sources}
            ).raise_for_status()
    simulation.take(SERVICE_TAKES_MS)


def _prepare(environment: Mapping[str, str]) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.preparing"],
        cwd=ROOT,
        env={**environment, "BOOKVERSE_DEMO": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tokens: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return tokens
