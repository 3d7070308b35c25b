from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bookverse.demo.__main__ import main
from tests.demo.running import PATIENCE_S, demo_process, dispatch, order, running_demo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.demo.board import FakeBoard

pytestmark = pytest.mark.process


def test_a_killed_service_goes_on_where_it_stopped(tmp_path: Path, board: FakeBoard) -> None:
    with demo_process(tmp_path, "service", "inventory") as (process, demo):
        with demo.client("inventory") as client:
            client.put("/settings", json={"duration_ms": 1500})
            dispatch(client, order(board.url), key="first")
        before = [board.next().body["sequence"] for _ in range(2)]
        process.kill()
        process.wait()
    with demo_process(tmp_path, "service", "inventory") as (_, demo), demo.client("inventory") as client:
        dispatch(client, order(board.url), key="first")
        after = [received.body["sequence"] for received in board.until_last()]
    assert sorted({*before, *after}) == [1, 2, 3, 4, 5, 6]
    assert after == list(range(after[0], 7))
    assert demo.rows("inventory", "SELECT key, stage, attempt, version FROM effects") == [("first", "DEV", 1, "1.4.0")]


def test_the_behaviour_survives_a_kill(tmp_path: Path) -> None:
    changed = {"mode": "fail", "times": 2, "duration_ms": 5, "jitter_ms": 1, "failure_message": "disk full"}
    with demo_process(tmp_path, "service", "inventory") as (process, demo):
        with demo.client("inventory") as client:
            client.put("/settings", json=changed)
        process.kill()
        process.wait()
    with demo_process(tmp_path, "service", "inventory") as (_, demo), demo.client("inventory") as client:
        assert client.get("/settings").json() == changed


def test_all_servers_end_when_the_parent_closes_their_standard_input(tmp_path: Path) -> None:
    with demo_process(tmp_path, "all") as (process, demo):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=PATIENCE_S) == 0
    assert sorted(demo.ports) == ["apptrust", "checkout", "ci", "helm", "inventory", "recommendations", "web"]


def test_a_taken_port_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = ["service", "inventory", "--port", str(port), "--patience", "0", "--data", str(tmp_path)]
        refused = subprocess.run(
            [sys.executable, "-m", "bookverse.demo", *command], capture_output=True, text=True, check=False
        )
    advice = (
        f"Port {port} on 127.0.0.1 is taken, so inventory cannot start. Stop the program that uses it, "
        "or choose other ports with DEMO_PORT or --port-base.\n"
    )
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", advice)


def test_data_in_use_is_refused_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_demo(tmp_path, "inventory"):
        status = main(["service", "inventory", "--port", "0", "--patience", "0", "--data", str(tmp_path)])
    assert (status, capsys.readouterr().err) == (
        1,
        f"Another process uses the demo data in {tmp_path}. Stop it, or choose another --data.\n",
    )


def test_the_simulation_never_imports_django() -> None:
    program = "import sys, bookverse.demo.__main__; print([name for name in sys.modules if name.startswith('django')])"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
