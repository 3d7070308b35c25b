"""The board's processes of one run: forked by their zygotes, killed at any instant, started again."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from tests.flows.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

READY = {"web": "The release board is ready", "worker": "releases.start_collection", "beat": "is starting"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A process of the board: ``kind`` names its zygote, ``name`` its log, ``port`` is a web's; up once it says so."""

    name: str
    kind: str
    arguments: tuple[str, ...]
    port: int = 0

    @property
    def ready(self) -> str:
        return READY[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a process said: the part of its name's file that begins where those before it ended."""

    path: Path
    begin: int

    @classmethod
    def at_end_of(cls, path: Path) -> Log:
        return cls(path=path, begin=path.stat().st_size if path.exists() else 0)

    def has(self, words: str) -> bool:
        if not self.path.exists():
            return False
        with self.path.open("rb") as file:
            file.seek(self.begin)
            return words.encode() in file.read()


@dataclass(slots=True, kw_only=True)
class Child:
    """A forked process, held by a descriptor: its number can never have become another's."""

    descriptor: int
    log: Log

    def is_alive(self) -> bool:
        return not self.is_gone_within(0)

    def is_gone_within(self, patience_s: float | None) -> bool:
        """Wait for the process to end, for as long as it takes if nothing else is said; tell whether it did."""
        return bool(select.select([self.descriptor], [], [], patience_s)[0])

    def signal(self, number: signal.Signals) -> None:
        if self.is_alive():
            signal.pidfd_send_signal(self.descriptor, number)

    def close(self) -> None:
        os.close(self.descriptor)


class Zygote:
    """A parent of processes of one kind."""

    def __init__(self, kind: str, environment: Mapping[str, str], log: Path) -> None:
        self._lock = Lock()
        with log.open("a") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.zygote", kind],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        """Wait until everything is imported."""
        return self._answer() == "ready"

    def fork(self, arguments: Sequence[str], environment: Mapping[str, str], path: Path) -> Child:
        request = {"arguments": list(arguments), "environment": dict(environment), "log": str(path)}
        log = Log.at_end_of(path)
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(f"{json.dumps(request)}\n")
            self._process.stdin.flush()
            return Child(descriptor=os.pidfd_open(int(self._answer())), log=log)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        """End it, and with it whatever it forked."""
        self._process.kill()
        self._process.communicate()


@dataclass(slots=True)
class Fleet:
    """All processes of the board by name; ``more`` is what one of them has in its environment beyond the others."""

    folder: Path
    commands: Mapping[str, Command]
    zygotes: Mapping[str, Zygote]
    children: dict[str, Child] = field(default_factory=dict)
    starts: int = 0

    def await_imports(self) -> None:
        """Wait until every kind can be forked."""
        unready = [kind for kind, zygote in self.zygotes.items() if not zygote.is_ready()]
        assert not unready, f"no zygote for {unready}; read its log in {self.folder}"

    def start(self, name: str, **more: str) -> None:
        command = self.commands[name]
        child = self.zygotes[command.kind].fork(command.arguments, more, self.folder / f"{name}.log")
        if name in self.children:
            self.children.pop(name).close()
        self.children[name] = child
        self.starts += 1

    def is_up(self, name: str) -> bool:
        """Tell whether a process has come so far that it works."""
        child = self.children[name]
        return child.is_alive() and child.log.has(self.commands[name].ready)

    def revive(self) -> None:
        """Start whoever ended by themselves, as supervisors do: a start needs the database, which may be away."""
        for name in self.dead():
            self.start(name)

    def kill(self, name: str) -> None:
        """End a process as a crash of its machine would."""
        self.children[name].signal(signal.SIGKILL)
        self.children[name].is_gone_within(None)

    def dead(self) -> list[str]:
        return [name for name, child in self.children.items() if not child.is_alive()]

    def webs(self) -> list[Command]:
        return [command for command in self.commands.values() if command.kind == "web"]

    def stop(self, *, patience_s: float) -> list[str]:
        """Ask every process to end; return who had to be killed."""
        for child in self.children.values():
            child.signal(signal.SIGTERM)
        stubborn = [name for name, child in self.children.items() if not child.is_gone_within(patience_s)]
        for name in stubborn:
            self.kill(name)
        return stubborn


@contextmanager
def fleet_of(commands: Sequence[Command], environment: Mapping[str, str], folder: Path) -> Iterator[Fleet]:
    """Begin to import what the processes need, all kinds at once; nothing is started yet."""
    kinds = dict.fromkeys(command.kind for command in commands)
    zygotes = {kind: Zygote(kind, environment, folder / f"zygote-{kind}.log") for kind in kinds}
    try:
        yield Fleet(folder, {command.name: command for command in commands}, zygotes)
    finally:
        for zygote in zygotes.values():
            zygote.end()
