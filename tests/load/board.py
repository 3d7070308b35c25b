"""A board of real processes to put load on: one with SQLite, or several that meet in PostgreSQL and Redis."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg

from bookverse.demo.addresses import APPTRUST, DEMO_TOKEN, SERVICES, server_url
from tests.browser.simulation import Simulation, simulated_bookverse
from tests.flows.processes import Running, Script, demo_environment, run, serve, start
from tests.ports import free_port
from tests.servers import Account, Server, postgres, redis, server_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = "The release board is ready"
# The highest versions of the demo that fit together; every one from here on fits as well.
LINES = {"inventory": "1.4", "recommendations": "2.2", "checkout": "1.5", "web": "3.0", "helm": "1.1"}
VERSIONS = range(10, 14)
DEPLOYED = {
    "BOOKVERSE_DEMO": "false",
    "ALLOWED_HOSTS": "127.0.0.1",
    "JFROG_ACCESS_TOKEN": DEMO_TOKEN,
    "OUTBOUND_ALLOW": "127.0.0.0/8",
}


class Board:
    """``redis`` is None where one process holds everything."""

    def __init__(self, folder: Path, stack: ExitStack, *, redis_server: Server | None, **settings: str) -> None:
        self.folder, self.stack, self.redis = folder, stack, redis_server
        services = folder / "services"
        services.mkdir()
        # The services are processes of their own: what is measured is a board as it is deployed, not the demo.
        demo_port = stack.enter_context(simulated_bookverse(services))
        _register_versions(demo_port)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.simulation = Simulation(port=demo_port)
        demo = demo_environment(port=self.port, demo_port=demo_port, data=services, **settings)
        self.environment = {**demo, **DEPLOYED, "JFROG_URL": server_url(APPTRUST, base=demo_port)}
        self.web: Running | None = None

    def prepare(self) -> None:
        """Load the demo data, with versions enough for one release after the other, and start the other processes."""
        run(self.environment, "migrate", "--verbosity", "0")
        run(self.environment, "collectstatic", "--noinput", "--verbosity", "0")
        run({**self.environment, "BOOKVERSE_DEMO": "true"}, "seed_demo")
        self.stack.callback(self.stop_web)
        self.start_web()
        self.token = run(self.environment, "create_token", "--user", "manager")
        if self.redis is not None:
            self._start("worker", "--loglevel", "INFO")
            self._start("beat", "--loglevel", "INFO")

    def start_web(self) -> None:
        """Start the web part as anybody does, and return once it says that it is ready."""
        web = start(self.environment, self.folder / "web.log", *serve(self.port))
        self.web = web
        web.wait_for(READY)

    def kill_web(self) -> None:
        assert self.web is not None
        self.web.kill()

    def stop_web(self) -> None:
        if self.web is not None:
            self.web.stop()

    def script(self) -> Script:
        script = Script(self.url, self.token)
        self.stack.callback(script.close)
        return script

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database, past the board."""
        address = self.environment["DATABASE_URL"]
        if address.startswith("postgres"):
            with psycopg.connect(address) as connection:
                return connection.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(f"file:{address.removeprefix('sqlite:///')}?mode=ro", uri=True)) as file:
            return file.execute(query).fetchall()

    def _start(self, name: str, *arguments: str) -> None:
        command = (sys.executable, "-m", "celery", "-A", "bookverse", name, *arguments)
        self.stack.callback(start(self.environment, self.folder / f"{name}.log", *command).stop)


def _register_versions(demo_port: int) -> None:
    address = f"{server_url(APPTRUST, base=demo_port)}/apptrust/api/v1/applications"
    with httpx2.Client(trust_env=False, headers={"Authorization": f"Bearer {DEMO_TOKEN}"}) as client:
        for service, version in ((service, f"{LINES[service]}.{n}") for service in SERVICES for n in VERSIONS):
            sources = {"packages": [{"type": "docker", "name": service, "version": version}]}
            body = {"version": version, "sources": sources}
            client.post(f"{address}/bookverse-{service}/versions?async=false", json=body).raise_for_status()


@contextmanager
def board(topology: str, **settings: str) -> Iterator[Board]:
    """Run a board that is embedded or split."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bookverse-load-")))
        redis_server, stores = None, {"DATABASE_URL": f"sqlite:///{folder / 'board.sqlite3'}"}
        if topology == "split":
            account = Account.unprivileged()
            place = stack.enter_context(server_folder())
            redis_server = stack.enter_context(redis(place, account).running())
            database = stack.enter_context(postgres(place, account).running())
            stores = {"DATABASE_URL": database.url, "REDIS_URL": redis_server.url}
        running = Board(folder, stack, redis_server=redis_server, **{**stores, **settings})
        running.prepare()
        yield running


def release_of(script: Script, number: int) -> str:
    """Create a release of versions that were not taken yet; the four of them are different."""
    versions = {service: f"{line}.{VERSIONS[number]}" for service, line in LINES.items()}
    body: dict[str, object] = {"versions": versions, "forced": True, "reason": "another set"}
    digest = script.post("/plans/preview", body)["digest"]
    return str(script.post("/releases", {**body, "accept_digest": digest})["version"])


def moment(value: datetime | str) -> float:
    """Return a time of either database in seconds since 1970."""
    return (datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value).timestamp()
