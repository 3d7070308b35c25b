"""The drill: a board is backed up in mid promotion, lost, restored elsewhere, and carries the promotion to its end."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.flows.processes import Running, Script, demo_environment, run, serve, start
from tests.flows.test_topology import fresh_database
from tests.ports import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.process
READY = "The release board is ready"


class Drill:
    """One place with services that live on, and boards there over one database or another."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack, self.port = folder, stack, free_port(consecutive=8)
        self.file = folder / "board.backup"

    def environment(self, database: str) -> Mapping[str, str]:
        return demo_environment(
            port=self.port, demo_port=self.port + 1, data=self.folder / "demo", DATABASE_URL=self.address(database)
        )

    def address(self, database: str) -> str:
        if database == "PostgreSQL":
            return self.stack.enter_context(fresh_database())
        return f"sqlite:///{self.folder / database}"

    def serve(self, environment: Mapping[str, str], log: str) -> Running:
        board = start(environment, self.folder / log, *serve(self.port))
        self.stack.callback(board.stop)
        board.wait_for(READY)
        return board

    def script(self, environment: Mapping[str, str]) -> Script:
        script = Script(f"http://127.0.0.1:{self.port}", run(environment, "create_token", "--user", "manager"))
        self.stack.callback(script.close)
        return script


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Drill]:
    with ExitStack() as stack:
        yield Drill(tmp_path, stack)


ON_POSTGRESQL = pytest.mark.postgres


@pytest.mark.parametrize(
    ("lost", "fresh"),
    [
        pytest.param("lost.sqlite3", "fresh.sqlite3", id="SQLite"),
        pytest.param("PostgreSQL", "fresh.sqlite3", id="from PostgreSQL", marks=ON_POSTGRESQL),
        pytest.param("lost.sqlite3", "PostgreSQL", id="to PostgreSQL", marks=ON_POSTGRESQL),
    ],
)
def test_a_lost_board_comes_back_with_all_it_acknowledged_and_goes_on(drill: Drill, lost: str, fresh: str) -> None:
    environment = drill.environment(lost)
    board = drill.serve(environment, "lost.log")
    script = drill.script(environment)
    version = script.create_release()
    script.promote(version, "DEV")
    until(lambda: "session.closed" in script.kinds(version), what=lambda: script.kinds(version))
    acknowledged = script.journal(version)
    run(environment, "backup", str(drill.file))
    board.kill()

    environment = drill.environment(fresh)
    run(environment, "migrate", "--verbosity", "0")
    run(environment, "restore", str(drill.file))
    drill.serve(environment, "fresh.log")
    script = drill.script(environment)
    until(lambda: "promotion.succeeded" in script.kinds(version), what=lambda: script.kinds(version))

    told = script.journal(version)
    assert told[: len(acknowledged)] == acknowledged
    assert script.get(f"/releases/{version}")["state"] == "waiting"
    assert run(environment, "verify_journal").splitlines()[0] == "1 checked, 0 unsound."


@pytest.mark.postgres
def test_a_board_moves_from_sqlite_to_postgresql_with_its_journals_sound(drill: Drill) -> None:
    environment = drill.environment("old.sqlite3")
    board = drill.serve(environment, "old.log")
    script = drill.script(environment)
    version = script.create_release()
    script.promote(version, "DEV")
    until(lambda: "promotion.succeeded" in script.kinds(version), what=lambda: script.kinds(version))
    told = script.journal(version)  # AppTrust's record of it may come later
    board.stop()
    exported = run(environment, "export", str(drill.file))

    environment = drill.environment("PostgreSQL")
    imported = run(environment, "import", str(drill.file))
    drill.serve(environment, "new.log")

    assert "1 checked, 0 unsound." in exported
    assert "1 checked, 0 unsound." in imported
    assert drill.script(environment).journal(version)[: len(told)] == told
