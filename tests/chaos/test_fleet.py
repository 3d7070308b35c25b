"""Processes that are forked ready-made: real ones, each of which can be killed and started again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.fleet import READY, Command, Fleet, fleet_of
from tests.flows.processes import demo_environment
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

SPEAKING = "import os; print(os.environ.get('OWN'), os.getsid(0) == os.getpid(), flush=True)"
WORKING = f"import time; print('{READY['web']}', flush=True); time.sleep(600)"


def shell(name: str, code: str) -> Command:
    return Command(name=name, kind="web", arguments=("manage.py", "shell", "--no-imports", "--command", code))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    environment = demo_environment(
        port=1,
        demo_port=2,
        data=folder,
        DATABASE_URL=f"sqlite:///{folder / 'board.sqlite3'}",
        DJANGO_SETTINGS_MODULE="tests.chaos.settings",
    )
    with fleet_of([shell("speaker", SPEAKING), shell("worker", WORKING)], environment, folder) as fleet:
        fleet.await_imports()
        yield fleet


def said(fleet: Fleet, name: str) -> str:
    path: Path = fleet.folder / f"{name}.log"
    return path.read_text() if path.exists() else ""


def test_a_forked_process_runs_its_command_in_a_session_and_an_environment_of_its_own(fleet: Fleet) -> None:
    fleet.start("speaker", OWN="mine")
    assert fleet.children["speaker"].is_gone_within(60)
    fleet.start("speaker")
    assert fleet.children["speaker"].is_gone_within(60)
    assert said(fleet, "speaker").split("\n")[:2] == ["mine True", "None True"]


def test_a_killed_process_is_dead_at_once_and_not_up_again_before_it_says_so(fleet: Fleet) -> None:
    fleet.start("worker")
    until(lambda: fleet.is_up("worker"), what=lambda: said(fleet, "worker"))
    fleet.kill("worker")
    assert ("worker" in fleet.dead(), fleet.is_up("worker")) == (True, False)

    fleet.revive()

    until(lambda: fleet.is_up("worker"), what=lambda: said(fleet, "worker"))
    assert "worker" not in fleet.dead()


def test_a_process_that_is_asked_to_end_does(fleet: Fleet) -> None:
    fleet.start("worker")
    until(lambda: fleet.is_up("worker"), what=lambda: said(fleet, "worker"))
    assert fleet.stop(patience_s=60) == []
