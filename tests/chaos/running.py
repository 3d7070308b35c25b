"""One run from beginning to end: set up, work, go wrong, come to rest, be judged."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bookverse.demo.addresses import DEMO_TOKEN, SERVICES
from tests.chaos.checks.owed import owed
from tests.chaos.injecting import Injector
from tests.chaos.operators import Crew, finish_everything
from tests.chaos.patience import patiently
from tests.chaos.postman import Forgery
from tests.chaos.reading import read_tables
from tests.chaos.records import write_run, write_secrets
from tests.chaos.schedule import schedule
from tests.chaos.viewers import Audience
from tests.chaos.world import STOP_WITHIN_S, World, world
from tests.flows.processes import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.chaos.checks.owed import Owed
    from tests.chaos.schedule import Injection, Topology

    Judge = Callable[[Path, "Course"], bool]

FINISH_WITHIN_S = 60.0
REST_WITHIN_S = 45.0
OPEN_CALLBACKS = "SELECT count(*) FROM callbacks WHERE outcome = ''"
OPEN_WORK = (
    "SELECT count(*) FROM deployments WHERE mode <> 'silent' AND state NOT IN ('succeeded', 'failed', 'rejected')"
)


@dataclass(slots=True, kw_only=True)
class Course:
    """How a run went, apart from what the checker finds; ``stuck`` names what did not come to rest."""

    again: str
    injections: tuple[Injection, ...]
    set_up_s: float
    seconds: float = 0.0
    stuck: list[str] = field(default_factory=list)


def run_folder(topology: Topology, seed: int) -> Path:
    """Return an empty folder for a run; what an earlier one of the same seed left there goes."""
    folder = ROOT / "var" / "chaos" / f"{topology}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def trouble(running: World, course: Course, crew: Crew, go_wrong: Callable[[], None]) -> None:
    """Let people work and watch while things go wrong, then bring everything to rest."""
    started = time.monotonic()
    audience = Audience(running)
    crew.start()
    until(lambda: running.postman.recent, what=lambda: f"no service ever called back; see {running.folder}")
    watch(running, crew, audience)
    go_wrong()
    running.calm()
    # Whatever the seed drew, every kind of forgery is judged once by a board that is whole.
    for forgery in Forgery:
        running.relays.run(running.postman.forge(forgery))
    crew.finish()
    course.stuck = come_to_rest(running, crew)
    if not patiently(audience.is_up_to_date, within_s=REST_WITHIN_S):
        course.stuck.append("a viewer who does not see what is")
    audience.leave()
    crew.close()
    course.seconds = time.monotonic() - started


def watch(running: World, crew: Crew, audience: Audience) -> None:
    """Open the board and the pages of the releases that are being worked on."""
    audience.join("board", lambda: "/")
    until(lambda: all(operator.latest for operator in crew.operators))
    for operator in crew.operators:
        audience.join(f"release of {operator.desk.operator}", operator.page)


def come_to_rest(running: World, crew: Crew) -> list[str]:
    """Wait until nothing is open any more, on the board or at the services; return what stays open."""
    stuck = finish_everything(crew.operators[0].desk, within_s=FINISH_WITHIN_S)
    if not patiently(lambda: not any(open_at(running, service) for service in SERVICES), within_s=REST_WITHIN_S):
        stuck += [f"{service}: {open_at(running, service)} open" for service in SERVICES if open_at(running, service)]
    # What the board does by itself after a promotion is written down as well, and shown.
    if not patiently(lambda: not owed_by(running), within_s=REST_WITHIN_S):
        stuck += [each.what for each in owed_by(running)]
    return stuck


def owed_by(running: World) -> tuple[Owed, ...]:
    """Return what the board has promised and not done yet."""
    return owed(read_tables(running.run.database_url))


def open_at(running: World, service: str) -> int:
    """Count what a service still works on or could not tell the board yet."""
    path = running.folder / "services" / f"{service}.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return sum(connection.execute(query).fetchone()[0] for query in (OPEN_CALLBACKS, OPEN_WORK))


def close_up(running: World, course: Course) -> None:
    """End the board in order, and keep what may never be found in its logs."""
    stubborn = running.fleet.stop(patience_s=STOP_WITHIN_S)
    course.stuck += [f"{name} did not end within {STOP_WITHIN_S:g} s" for name in stubborn]
    known = (DEMO_TOKEN, running.environment["SECRET_KEY"], *running.tokens.values(), *running.postman.tokens)
    write_secrets(running.folder, sorted({secret for secret in known if secret}))
    write_run(running.folder, replace(running.run, ended_at=datetime.now(UTC).isoformat()))


def run_chaos(topology: Topology, seed: int, count: int, judge: Judge, **more: str) -> bool:
    """Run one topology and let ``judge`` say how it was, while its database is still there."""
    folder, began = run_folder(topology, seed), time.monotonic()
    with world(topology, seed, folder, **more) as running:
        running.start_board()
        course = Course(
            again=f"make chaos SEED={seed} INJECTIONS={count} TOPOLOGY={topology}",
            injections=schedule(seed, topology, count),
            set_up_s=time.monotonic() - began,
        )
        crew = Crew(running)
        injector = Injector(running, crew, time.monotonic())
        trouble(running, course, crew, lambda: injector.inject_all(course.injections))
        close_up(running, course)
        return judge(folder, course)
