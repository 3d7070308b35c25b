"""The board as people run it: real processes on loopback, each of which can be killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 180


def run(environment: Mapping[str, str], *arguments: str) -> str:
    """Run one of the board's commands to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(slots=True)
class Running:
    """A child process with all that it said."""

    process: subprocess.Popen[str]
    log: Path

    def wait_for(self, line: str) -> None:
        until(lambda: line in self.said() or self.process.poll() is not None, what=self.said)
        assert line in self.said(), self.said()

    def said(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        """End it as a crash of its machine would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and insist."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.process.wait()


def start(environment: Mapping[str, str], log: Path, *command: str) -> Running:
    """Start a child whose output goes to ``log``."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    return Running(process, log)


@contextmanager
def started(environment: Mapping[str, str], log: Path, *command: str, ready: str) -> Iterator[Running]:
    """Run a child until the block ends; it is ready when it says so."""
    child = start(environment, log, *command)
    try:
        child.wait_for(ready)
        yield child
    finally:
        child.stop()


def serve(port: int) -> tuple[str, ...]:
    return (sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{port}")


def demo_environment(*, port: int, demo_port: int, data: Path, **more: str) -> dict[str, str]:
    """Return the environment of a board with demo data; nothing of this test's own settings is in it."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **inherited,
        "BOOKVERSE_DEMO": "true",
        "DEMO_DATA": str(data),
        "DEMO_PORT": str(demo_port),
        "RATE_LIMIT": "0",
        "SECRET_KEY": "only-for-tests-" + "0123456789" * 5,
        "SITE_URL": f"http://127.0.0.1:{port}",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


class Script:
    """A script that drives the board over its API, patient with a board that is away for a moment."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx2.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=PATIENCE_S
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str) -> dict[str, Any]:
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def post(self, path: str, body: Mapping[str, object], **headers: str) -> dict[str, Any]:
        answer = self._client.post(path, json=dict(body), headers=headers)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def create_release(self) -> str:
        digest = self.post("/plans/preview", {})["digest"]
        return str(self.post("/releases", {"accept_digest": digest})["version"])

    def promote(self, version: str, stage: str) -> None:
        self.post(f"/releases/{version}/promotions", {"stage": stage, "timeout_ms": 27_000})

    def journal(self, version: str) -> list[dict[str, Any]]:
        """Return all entries in order."""
        entries: list[dict[str, Any]] = []
        while True:
            after = entries[-1]["sequence"] if entries else 0
            page = self.get(f"/releases/{version}/journal?after={after}&limit=200")["items"]
            if not page:
                return entries
            entries += page

    def kinds(self, version: str) -> list[str]:
        return [entry["kind"] for entry in self.journal(version)]


def sign_in(url: str, username: str) -> httpx2.Client:
    """Return a browser's worth of cookies."""
    client = httpx2.Client(base_url=url, trust_env=False, timeout=PATIENCE_S)
    page = client.get("/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"username": username, "password": username, "csrfmiddlewaretoken": token[1]}
    answer = client.post("/login/", data=form, headers={"Referer": url})
    assert answer.status_code == 302, answer.text
    return client
