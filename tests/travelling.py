"""A train on its way, for tests: what it asks for is done at once, by the actions that do it on a board."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.test import override_settings

from releases.actions.collections import collect_due_versions
from releases.actions.departures import depart_train
from releases.actions.timetables import keep_timetable
from releases.actions.trains_on_the_way import keep_trains_moving
from releases.models import Promotion, Release, ServiceVersion, Train, TrainStep
from releases.queries.clock import database_now
from tests.factories import KNOWN, finish, load_bookverse, person
from tests.fakes.registry import FakeRegistry, row
from tests.trains import first_train, scheduled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer


@contextmanager
def platform(server: HTTPServer) -> Iterator[FakeRegistry]:
    """A board whose registry and services answer on one server; every probe is answered with 200."""
    registry = FakeRegistry(server)
    registry.versions = {
        f"bookverse-{service}": [row(version) for version in versions] for service, versions in KNOWN.items()
    }
    server.expect_request(re.compile(r"/[a-z]+/health(/.*)?"), method="GET").respond_with_data("ok")
    load_bookverse(registry.url)
    with override_settings(JFROG_URL=registry.url):
        yield registry


def departed(**schedule: object) -> Train:
    """Return a train that somebody let depart just now."""
    options: dict[str, Any] = {"builds_optional": True, "tests_optional": True, "watch_minutes": 0, **schedule}
    scheduled(**options)
    keep_timetable()
    train = first_train()
    depart_train(actor=person(), label=train.label)
    train.refresh_from_db()
    return train


def look(train: Train) -> Train:
    """Let time pass until the next look at the train, and look."""
    TrainStep.objects.filter(train=train, due_at__isnull=False).update(due_at=database_now())
    keep_trains_moving()
    train.refresh_from_db()
    return train


def planned(**schedule: object) -> Train:
    """Return a train that has its release, as far as it goes without a promotion."""
    train = departed(**schedule)
    look(train)
    collect_due_versions()
    return look(train)


def promoted(train: Train, upto: str) -> Train:
    """Let every service succeed, stage after stage, up to this one."""
    reached = ""
    while reached != upto:
        promotion = open_promotion(train)
        finish(promotion)
        reached = promotion.stage.name
        look(train)
    return train


def open_promotion(train: Train) -> Promotion:
    return Promotion.objects.select_related("stage").get(release=train.release, finished_at=None)


def release_of(train: Train) -> Release:
    train.refresh_from_db()
    assert train.release is not None
    train.release.refresh_from_db()
    return train.release


def states(train: Train) -> dict[str, str]:
    """Return how each phase stands."""
    return dict(train.steps.order_by("position").values_list("phase", "state"))


def said(train: Train, phase: str) -> str:
    return str(train.steps.get(phase=phase).message)


def undone(train: Train) -> dict[str, str]:
    """Return what was undone of each phase that left something."""
    return dict(train.steps.exclude(undone="").order_by("position").values_list("phase", "undone"))


def forget_the_newest() -> None:
    """Leave the registry's board with nothing newer than what is live."""
    for service, versions in KNOWN.items():
        ServiceVersion.objects.filter(service__slug=service).exclude(version=versions[0]).delete()
