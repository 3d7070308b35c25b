"""The whole board in one real process, which can be killed and started again over the same data."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import httpx2

from bookverse.demo.addresses import SERVICES, server_url
from tests.flows.processes import Running, demo_environment, run, serve, start
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

READY = "The release board is ready"


class Board:
    """The whole board in one process, over data that outlives it."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.port = free_port(consecutive=8)
        self.data = folder / "demo"
        self.log = folder / "board.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "board.sqlite3"
        self.environment = demo_environment(
            port=self.port, demo_port=self.port + 1, data=self.data, DATABASE_URL=f"sqlite:///{self.database}", **more
        )
        self.process = self.start()

    def start(self) -> Running:
        child = start(self.environment, self.log, *serve(self.port))
        child.wait_for(READY)
        return child

    def crash(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        self.process = self.start()

    def token(self) -> str:
        return run(self.environment, "create_token", "--user", "manager")

    def kinds(self) -> list[str]:
        """Read the journal past the board, which may be about to die."""
        return self._texts("SELECT kind FROM releases_journalentry ORDER BY sequence")

    def kinds_of(self, version: str) -> list[str]:
        """Read the journal of the release that carries this label."""
        return self._texts(
            "SELECT kind FROM releases_journalentry WHERE release_id = "
            "(SELECT release_id FROM releases_platformversion WHERE version = ?) ORDER BY sequence",
            version,
        )

    def releases(self, kind: str) -> list[str]:
        """Return the versions of all releases of a kind, the oldest first."""
        return self._texts("SELECT version FROM releases_release WHERE kind = ? ORDER BY id", kind)

    def _texts(self, query: str, *values: str) -> list[str]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return [text for (text,) in connection.execute(query, values)]

    def behave(self, service: str, **changes: object) -> None:
        """Change how a simulated service treats its next orders."""
        address = server_url(service, base=self.port + 1)
        httpx2.put(f"{address}/settings", json=changes, trust_env=False).raise_for_status()

    def effects(self) -> Counter[tuple[str, str, int]]:
        """Count what the services themselves noted that they did, by service, stage and attempt."""
        return Counter(effect for service in SERVICES for effect in self._effects_of(service))

    def _effects_of(self, service: str) -> list[tuple[str, str, int]]:
        with closing(sqlite3.connect(self.data / f"{service}.sqlite3")) as connection:
            return connection.execute("SELECT service, stage, attempt FROM effects").fetchall()
