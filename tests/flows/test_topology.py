"""Web, worker and beat as separate processes that meet in PostgreSQL and Redis."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from psycopg import sql
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.browser.simulation import simulated_bookverse
from tests.flows.processes import PATIENCE_S, Script, demo_environment, run, serve, sign_in, started
from tests.live.html import mark_of
from tests.ports import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

pytestmark = [
    pytest.mark.process,
    pytest.mark.postgres,
    pytest.mark.skipif(not settings.REDIS_URL, reason="several processes meet in Redis"),
]
DATABASE = "board_of_processes"


@contextmanager
def fresh_database() -> Iterator[str]:
    """Yield the address of an empty database beside the tests' own."""
    own = settings.DATABASES["default"]
    server = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE))
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        try:
            yield f"{server}/{DATABASE}"
        finally:
            connection.execute(drop)


def celery(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "-A", "bookverse", *arguments)


class Topology:
    """A board of three processes, and the simulated services they speak with."""

    def __init__(self, folder: Path, stack: ExitStack, **more: str) -> None:
        self.folder, self.stack = folder, stack
        services = folder / "services"
        services.mkdir()
        demo_port = stack.enter_context(simulated_bookverse(services))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = demo_environment(
            port=self.port,
            demo_port=demo_port,
            data=services,
            COLLECT_EVERY_S="2",
            DATABASE_URL=stack.enter_context(fresh_database()),
            REDIS_URL=urlsplit(settings.REDIS_URL)._replace(path="/7").geturl(),
            **more,
        )
        run(self.environment, "migrate", "--verbosity", "0")
        run(self.environment, "seed_demo")
        self.start("web", *serve(self.port), ready="The release board is ready")
        self.start(
            "worker",
            *celery("worker", "--loglevel", "INFO", "--hostname", "flow@%h"),
            ready="releases.start_collection",
        )
        schedule = str(folder / "beat")
        self.start("beat", *celery("beat", "--loglevel", "INFO", "--schedule", schedule), ready="is starting")

    def start(self, name: str, *command: str, ready: str) -> None:
        child = started(self.environment, self.folder / f"{name}.log", *command, ready=ready)
        self.stack.enter_context(child)

    def script(self) -> Script:
        script = Script(self.url, run(self.environment, "create_token", "--user", "manager"))
        self.stack.callback(script.close)
        return script

    def collections(self) -> int:
        """Count the collections that were carried out without an error; the demo data began with one."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            found = connection.execute(
                "SELECT count(*) FROM releases_collection WHERE finished_at IS NOT NULL AND error = ''"
            ).fetchone()
        assert found is not None
        return int(found[0])

    def watch(self, release_id: int, username: str) -> ClientConnection:
        browser = sign_in(self.url, username)
        self.stack.callback(browser.close)
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        return self.stack.enter_context(
            connect(
                f"ws://127.0.0.1:{self.port}/ws/releases/{release_id}/",
                origin=Origin(self.url),
                additional_headers={"Cookie": cookies},
                proxy=None,
            )
        )


@pytest.fixture
def topology(tmp_path: Path) -> Iterator[Topology]:
    with ExitStack() as stack:
        yield Topology(tmp_path, stack)


def test_a_promotion_is_carried_out_and_shown_live_by_processes_apart(topology: Topology) -> None:
    script = topology.script()
    version = script.create_release()
    viewer = topology.watch(1, "viewer")
    shown = mark_of(str(viewer.recv(PATIENCE_S)))
    script.promote(version, "DEV")

    until(lambda: "promotion.succeeded" in script.kinds(version), what=lambda: script.kinds(version))
    # Read after each picture, for what AppTrust is told of the release is written down a moment later.
    while shown is None or shown[1] != script.journal(version)[-1]["sequence"]:
        shown = mark_of(str(viewer.recv(PATIENCE_S)))

    assert script.get(f"/releases/{version}")["state"] == "waiting"


def test_beat_asks_for_versions_and_somebody_collects_them(topology: Topology) -> None:
    until(lambda: topology.collections() >= 3, what=topology.collections)
