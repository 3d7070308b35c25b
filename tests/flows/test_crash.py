"""The board is killed in the middle of a promotion and started again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from bookverse.demo.addresses import SERVICES
from tests.flows.processes import Running, Script, demo_environment, run, serve, start
from tests.ports import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(settings.REDIS_URL), reason="one process holds everything only without Redis"),
]
READY = "The release board is ready"


class Board:
    """The whole board in one process, over data that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port(consecutive=8)
        self.data = folder / "demo"
        self.log = folder / "board.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "board.sqlite3"
        self.environment = demo_environment(
            port=self.port, demo_port=self.port + 1, data=self.data, DATABASE_URL=f"sqlite:///{self.database}"
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
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT kind FROM releases_journalentry ORDER BY sequence").fetchall()
        return [kind for (kind,) in rows]

    def effects(self) -> Counter[tuple[str, str, int]]:
        """Count what the services themselves noted that they did, by service, stage and attempt."""
        return Counter(effect for service in SERVICES for effect in self._effects_of(service))

    def _effects_of(self, service: str) -> list[tuple[str, str, int]]:
        with closing(sqlite3.connect(self.data / f"{service}.sqlite3")) as connection:
            return connection.execute("SELECT service, stage, attempt FROM effects").fetchall()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    board = Board(tmp_path)
    yield board
    board.process.stop()


@pytest.fixture
def script(board: Board) -> Iterator[Script]:
    script = Script(board.url, board.token())
    yield script
    script.close()


def has(kind: str, count: int) -> Callable[[Board], bool]:
    return lambda board: board.kinds().count(kind) >= count


MOMENTS = {
    "as soon as it was accepted": has("promotion.started", 1),
    "once the first order was sent": has("dispatch.sent", 1),
    "after the first callback": has("callback.applied", 1),
    "between two phases": has("session.closed", 1),
    "in the last phase": has("session.opened", 4),
}


def test_mistake_45_a_promotion_that_was_interrupted_at_every_turn_is_carried_out_once(
    board: Board, script: Script
) -> None:
    version = script.create_release()
    script.promote(version, "DEV")
    for moment, has_come in MOMENTS.items():
        until(partial(has_come, board), what=board.kinds)
        board.crash()
        assert board.kinds(), moment
        board.restart()

    until(lambda: "promotion.succeeded" in board.kinds(), what=board.kinds)

    assert script.get(f"/releases/{version}")["state"] == "waiting"
    assert board.effects() == dict.fromkeys([(service, "DEV", 1) for service in SERVICES], 1)
    assert [entry["sequence"] for entry in script.journal(version)] == list(range(1, len(board.kinds()) + 1))
