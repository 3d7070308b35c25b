"""The board is told to stop while people wait for answers and watch: nobody is cut off, everybody knows what to do."""

from __future__ import annotations

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from typing import TYPE_CHECKING

import httpx2
import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.flows.processes import PATIENCE_S, Script, demo_environment, run, serve, sign_in, start
from tests.ports import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

    from tests.flows.processes import Running

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(settings.REDIS_URL), reason="one process holds everything only without Redis"),
]
SOCKETS = 6
BODY = b'{"status": "nonsense"}'


class Board:
    """A board on SQLite with a release that waits for a service which stays silent."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.stack, self.port = stack, free_port(consecutive=8)
        self.url = f"http://127.0.0.1:{self.port}"
        environment = demo_environment(
            port=self.port,
            demo_port=self.port + 1,
            data=folder / "demo",
            DATABASE_URL=f"sqlite:///{folder / 'board.sqlite3'}",
            STOP_NOTICE_S="1",
        )
        self.process: Running = start(environment, folder / "board.log", *serve(self.port))
        stack.callback(self.process.stop)
        self.process.wait_for("The release board is ready")
        self.token = run(environment, "create_token", "--user", "manager")
        self.script = Script(self.url, self.token)
        stack.callback(self.script.close)
        httpx2.put(
            f"http://127.0.0.1:{self.port + 2}/settings", json={"mode": "silent"}, trust_env=False
        ).raise_for_status()

    def viewers(self, count: int) -> list[ClientConnection]:
        browser = sign_in(self.url, "viewer")
        self.stack.callback(browser.close)
        headers = {"Cookie": f"sessionid={browser.cookies['sessionid']}"}
        paths = ("/ws/board/", "/ws/releases/1/")
        return [
            self.stack.enter_context(
                connect(
                    f"ws://127.0.0.1:{self.port}{paths[number % 2]}",
                    origin=Origin(self.url),
                    additional_headers=headers,
                    proxy=None,
                )
            )
            for number in range(count)
        ]

    def client(self) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.stack.enter_context(
            httpx2.Client(base_url=f"{self.url}/api/v1", headers=headers, trust_env=False, timeout=PATIENCE_S)
        )

    def told_to_stop(self) -> None:
        """Return once it said that it is not ready any more, and still answers."""
        watcher = self.client()
        assert watcher.get(f"{self.url}/readyz").status_code == 200
        self.process.process.send_signal(signal.SIGTERM)
        until(lambda: watcher.get(f"{self.url}/readyz").status_code == 503, what=self.process.said)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    with ExitStack() as stack:
        yield Board(tmp_path, stack)


def close_code(viewer: ClientConnection) -> int | None:
    """Read to the end, and return what the board said there."""
    while True:
        try:
            viewer.recv(PATIENCE_S)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


def upload(board: Board, finish: Event) -> bytes:
    """Send a callback whose body takes its time, and return the first line of the answer."""
    head = (
        f"POST /api/v1/callbacks HTTP/1.1\r\nHost: 127.0.0.1:{board.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", board.port), timeout=PATIENCE_S) as connection:
        connection.sendall(head.encode() + BODY[:5])
        assert finish.wait(PATIENCE_S)
        connection.sendall(BODY[5:])
        return connection.makefile("rb").readline().strip()


def test_a_board_that_is_told_to_stop_answers_everybody_and_ends(board: Board) -> None:
    version = board.script.create_release()
    viewers = board.viewers(SOCKETS)
    wish = {"stage": "DEV", "strategy": "wait", "timeout_ms": 27_000}
    finish = Event()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(board.client().post, f"/releases/{version}/promotions", json=wish)
        until(lambda: "dispatch.sent" in board.script.kinds(version), what=lambda: board.script.kinds(version))
        session = next(entry for entry in board.script.journal(version) if entry["kind"] == "session.opened")
        following = pool.submit(board.client().get, f"/sessions/{session['payload']['correlation_id']}/stream")
        uploads = [pool.submit(upload, board, finish) for _ in range(3)]
        codes = [pool.submit(close_code, viewer) for viewer in viewers]
        board.told_to_stop()

        answer, story = waiting.result(PATIENCE_S), following.result(PATIENCE_S)
        assert [code.result(PATIENCE_S) for code in codes] == [1012] * SOCKETS
        finish.set()
        assert [each.result(PATIENCE_S) for each in uploads] == [b"HTTP/1.1 422 Unprocessable Entity"] * 3

    assert (answer.status_code, answer.json()["state"], answer.headers["Retry-After"]) == (202, "running", "1")
    assert answer.headers["Location"] == f"{board.url}/api/v1/releases/{version}"
    assert (story.status_code, story.text.splitlines()[-2:]) == (200, ["retry: 2000", ""])
    assert board.process.process.wait(PATIENCE_S) == 0
    assert "Traceback" not in board.process.said()


def test_a_board_that_is_told_twice_ends_at_once(board: Board) -> None:
    board.viewers(1)
    with ThreadPoolExecutor() as pool:
        pool.submit(upload, board, finish := Event())
        board.told_to_stop()
        for _ in range(2):
            board.process.process.send_signal(signal.SIGINT)
        status = board.process.process.wait(PATIENCE_S)
        finish.set()

    assert status == 0
