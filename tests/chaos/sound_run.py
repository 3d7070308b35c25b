"""A small run that kept every promise: lived through with the real product in this process, then left behind."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.core.management import call_command
from pytest_httpserver import HTTPServer

from releases.models import Release
from tests.chaos.copies import Copy, copy_of_test_database
from tests.chaos.day import OPERATOR
from tests.chaos.lived import lived
from tests.chaos.records import ViewRecord, read_run, write_run
from tests.chaos.showing import marks_of
from tests.live.viewing import main_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.day import Day


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a run left behind: a folder as the harness fills one, and the database that it names."""

    folder: Path
    database: Copy


@contextmanager
def sound_run(folder: Path) -> Iterator[Left]:
    """Live through a day and yield what it left; the tests' own database is empty again by then."""
    with HTTPServer(host="127.0.0.1") as server:
        lived(_live_through, folder, server)
    with copy_of_test_database(folder) as database:
        call_command("flush", verbosity=0, interactive=False)
        run = read_run(folder)
        environment = {**run.environment, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        write_run(folder, replace(run, database_url=database.url, environment=environment))
        yield Left(folder=folder, database=database)


def _live_through(day: Day) -> None:
    """Bring a release to DEV through all kinds of trouble, then to QA with a pause, and give up on STAGING."""
    day.begin()
    day.sweep()
    day.work("inventory")
    day.sweep()
    _say_too_much(day, "checkout")
    _be_impersonated(day, "recommendations")
    day.work("recommendations")
    _be_silent(day)
    day.finish()
    day.promote("QA")
    day.steer("pause", {"reason": "lunch"})
    day.steer("resume")
    day.finish()
    day.promote("STAGING")
    day.steer("cancel", {"reason": "enough for today"}, insist=True)
    for viewer, release in (("desk", None), ("wall", Release.objects.get())):
        day.recorder.write(_seen(viewer, release))


def _say_too_much(day: Day, service: str) -> None:
    """A service repeats itself and contradicts itself, while another of its phase is still at work."""
    for callback in day.workshops.waiting(service):
        day.deliver(service, callback, copy=True)
    day.work(service)
    day.workshops.contradict(service)
    day.report(service)


def _be_impersonated(day: Day, service: str) -> None:
    day.workshops.work(service)
    [callback] = day.workshops.waiting(service)
    day.forge("a token of somebody else", callback)
    day.forge("no token", callback, token="")


def _be_silent(day: Day) -> None:
    """Web does its work, but the board hears of it too late: it is asked, times out, and is asked to try again."""
    day.send()
    day.pass_time()
    day.pass_time()
    day.sweep()
    day.pass_time()
    day.sweep()
    day.work("web")


def _seen(viewer: str, release: Release | None) -> ViewRecord:
    page = main_of(signed_in(OPERATOR), f"/releases/{release.version}" if release else "/")
    return ViewRecord(
        viewer=viewer,
        page="release" if release else "board",
        release_id=release.pk if release else None,
        sequence=int(page.find("live-mark").attributes["data-seq"]),
        marks=marks_of(page),
        text=page.text,
    )
