"""Living through a day in an empty board, and what it left behind for the checker."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from releases.models import Release
from releases.queries.journal_checks import journal_problems
from tests.api.calling import caller_for
from tests.chaos.day import OPERATOR, Day
from tests.chaos.journals import Verification
from tests.chaos.reading import read_facts
from tests.chaos.records import SERVICES as LOGS_OF_SERVICES
from tests.chaos.records import Recorder, Run, write_run, write_secrets
from tests.chaos.workshops import Workshops
from tests.factories import SERVICES, load_bookverse, person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.chaos.bugs import Bug
    from tests.chaos.reading import Facts


def lived(live_through: Callable[[Day], None], folder: Path, server: HTTPServer, bug: Bug | None = None) -> Facts:
    """Live through a day on the test's own, empty database."""
    with _board(folder, server) as (workshops, recorder):
        token = caller_for(OPERATOR).token
        day = Day(workshops, recorder, token=token, bug=bug)
        try:
            live_through(day)
        finally:
            day.end()
    environment = {"SECRET_KEY": settings.SECRET_KEY}
    write_run(folder, Run(topology="embedded", seed=0, database_url=database_url(), environment=environment))
    write_secrets(folder, [token, settings.SECRET_KEY, *workshops.tokens])
    return read_facts(folder, verify=_verified_here)


@contextmanager
def _board(folder: Path, server: HTTPServer) -> Iterator[tuple[Workshops, Recorder]]:
    (folder / LOGS_OF_SERVICES).mkdir()
    with ExitStack() as stack:
        stack.enter_context(_logged(folder / "board.log"))
        recorder = Recorder(folder)
        stack.callback(recorder.close)
        workshops = Workshops(folder / LOGS_OF_SERVICES, server, recorder, SERVICES)
        stack.callback(workshops.close)
        load_bookverse(workshops.url)
        person(OPERATOR)
        yield workshops, recorder


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    handler = logging.FileHandler(path)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def database_url() -> str:
    """Return the address of the test's own database."""
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{own['NAME']}"
    return f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"


def _verified_here(_run: Run) -> Verification:
    """As ``manage.py verify_journal`` does, without the second that a process of its own takes to start."""
    problems = [problem for pk in Release.objects.values_list("pk", flat=True) for problem in journal_problems(pk)]
    return Verification(status=bool(problems), said="\n".join(problems))
