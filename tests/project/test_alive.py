"""What a container asks its board."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bookverse.alive import an_allowed_host, problem
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("board.example.org,web", "board.example.org"),
        (".example.org", "example.org"),
        ("*", "localhost"),
        ("", "localhost"),
    ],
)
def test_it_asks_by_a_name_that_is_allowed(monkeypatch: pytest.MonkeyPatch, allowed: str, host: str) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)

    assert an_allowed_host() == host


def test_the_names_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("board.example.org\n")
    monkeypatch.setenv("ALLOWED_HOSTS_FILE", str(tmp_path / "hosts"))

    assert an_allowed_host() == "board.example.org"


def test_a_board_that_answers_lives(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "board.example.org")
    httpserver.expect_request("/healthz", headers={"Host": "board.example.org"}).respond_with_data("ok")

    assert problem(httpserver.port) == ""


def test_a_board_that_refuses_is_not_well(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/healthz").respond_with_data("no", status=400)

    assert problem(httpserver.port) == f"The board answers /healthz on port {httpserver.port} with 400"


def test_a_board_that_is_not_there_is_not_well() -> None:
    port = free_port()

    assert problem(port).startswith(f"The board does not answer on port {port}: ")
