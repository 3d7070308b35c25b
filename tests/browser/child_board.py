"""The board of `make run` as a child process with its own data, which a test kills and starts again."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.ports import free_port

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

PROJECT = Path(__file__).resolve().parents[2]
READY = "is ready on"


@dataclass(slots=True, kw_only=True)
class ChildBoard:
    """Listens on the same ports after each start; ``folder`` keeps database, services and log."""

    folder: Path
    port: int = field(default_factory=free_port)
    demo_port: int = field(default_factory=lambda: free_port(consecutive=7) + 1)
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Return once the board answers."""
        command = [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{self.port}"]
        with (self.folder / "board.log").open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=self._environment(), stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        ready = any(READY in line for line in self.process.stdout)
        assert ready, f"the board did not start:\n{(self.folder / 'board.log').read_text()}"

    def kill(self) -> None:
        """End it as a crash does, without a word."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def _environment(self) -> dict[str, str]:
        return {
            **{
                name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "REDIS_URL"}
            },
            "ALLOWED_HOSTS": "127.0.0.1",
            "BOOKVERSE_DEMO": "true",
            "CALLBACK_BASE_URL": self.address,
            "DATABASE_URL": f"sqlite:///{self.folder / 'board.sqlite3'}",
            "DEMO_DATA": str(self.folder / "services"),
            "DEMO_PORT": str(self.demo_port),
            "JFROG_URL": f"http://127.0.0.1:{self.demo_port}",
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": "only-for-this-test-" + "0123456789" * 5,
            "SESSION_TIMEOUT_DEFAULT_MS": "27000",
            "SITE_URL": self.address,
        }
