"""Daphne, the supported alternative to uvicorn: it has no lifespan, so the first connection starts the sweeper."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.flows.processes import PATIENCE_S, demo_environment, run, sign_in, started
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


def test_pages_and_sockets_answer_under_daphne(tmp_path: Path) -> None:
    port = free_port()
    environment = demo_environment(
        port=port, demo_port=port, data=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'board.sqlite3'}"
    )
    run(environment, "migrate", "--verbosity", "0")
    run(environment, "shell", "-c", ACCOUNT)
    daphne = (sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "bookverse.asgi:application")
    url = f"http://127.0.0.1:{port}"
    with started(environment, tmp_path / "daphne.log", *daphne, ready="Listening on TCP"):
        browser = sign_in(url, "viewer")
        cookie = f"sessionid={browser.cookies['sessionid']}"
        browser.close()
        assert board_over_a_socket(port, cookie).count('id="board-grid"') == 1


ACCOUNT = (
    "from releases.actions.accounts import ensure_account; from releases.domain.access import Role; "
    "ensure_account(username='viewer', password='viewer', role=Role.VIEWER)"
)


def board_over_a_socket(port: int, cookie: str) -> str:
    origin = Origin(f"http://127.0.0.1:{port}")
    headers = {"Cookie": cookie}
    with connect(f"ws://127.0.0.1:{port}/ws/board/", origin=origin, additional_headers=headers) as socket:
        frame = socket.recv(timeout=PATIENCE_S)
    return str(frame)
