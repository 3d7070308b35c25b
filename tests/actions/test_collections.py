"""Collecting versions from the registry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from werkzeug import Response

from releases.actions import claims, collections
from releases.actions.collections import collect_due_versions, request_collection
from releases.domain.access import SYSTEM, Role
from releases.domain.errors import PermissionRefused
from releases.models import Collection, Service, ServiceVersion
from releases.queries.clock import database_now
from tests.factories import load_bookverse, person
from tests.fakes.registry import FakeRegistry, row
from tests.threads import PATIENCE_S, at_once
from tests.waiting import until

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

    from releases.clients.apptrust import RegisteredVersion

WEB = "bookverse-web"


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer, settings: Settings) -> FakeRegistry:
    load_bookverse()
    ServiceVersion.objects.all().delete()
    fake = FakeRegistry(httpserver)
    settings.JFROG_URL = fake.url
    return fake


def collect() -> Collection:
    request_collection(actor=SYSTEM)
    collect_due_versions()
    return Collection.objects.latest("pk")


def stored(service: str = "web") -> list[dict[str, Any]]:
    rows = ServiceVersion.objects.filter(service__slug=service).order_by("version").values()
    return [dict(row) for row in rows]


def test_every_version_of_every_service_is_noted(registry: FakeRegistry) -> None:
    registry.versions = {WEB: [row("3.0.1"), row("3.0.2", tag="hot")], "bookverse-helm": [row("1.1.1")]}

    collection = collect()

    assert (collection.error, collection.versions) == ("", 3)
    assert collection.finished_at is not None
    assert [(each["version"], each["tag"]) for each in stored()] == [("3.0.1", ""), ("3.0.2", "hot")]


def test_what_the_registry_says_of_a_version_is_kept(registry: FakeRegistry) -> None:
    registry.versions = {WEB: [row("3.1.0", status="completed", release_status="pre_release", current_stage="QA")]}
    collect()

    [noted] = stored()

    assert (noted["registry_status"], noted["release_status"], noted["registry_stage"], noted["registered_at"]) == (
        "COMPLETED",
        "PRE_RELEASE",
        "QA",
        datetime(2025, 3, 1, 10, tzinfo=UTC),
    )


def test_the_registry_is_asked_with_the_boards_token(registry: FakeRegistry) -> None:
    collect()

    asked = {(application, token) for application, _, token in registry.asked}

    assert asked == {(key, "Bearer demo-token") for key in Service.objects.values_list("application_key", flat=True)}


def test_long_lists_come_in_pages(registry: FakeRegistry) -> None:
    registry.page = 2
    registry.versions = {WEB: [row(f"3.0.{number}") for number in range(5)]}
    collect()

    offsets = sorted(offset for application, offset, _ in registry.asked if application == WEB)

    assert (offsets, len(stored())) == (["0", "2", "4"], 5)


def test_a_version_that_moved_to_the_next_page_meanwhile_is_noted_once(registry: FakeRegistry) -> None:
    registry.versions = {WEB: [row("3.0.2"), row("3.0.1"), row("3.0.1")]}

    collection = collect()

    assert (collection.error, [each["version"] for each in stored()]) == ("", ["3.0.1", "3.0.2"])


def test_what_is_no_version_is_kept_with_the_reason(registry: FakeRegistry) -> None:
    registry.versions = {WEB: [row("2024.05.0")]}
    collect()

    [noted] = stored()

    assert (noted["version"], bool(noted["invalid_because"])) == ("2024.05.0", True)


def test_collecting_again_updates_what_is_known(registry: FakeRegistry) -> None:
    registry.versions = {WEB: [row("3.1.0", release_status="PRE_RELEASE")]}
    collect()
    registry.versions = {WEB: [row("3.1.0")]}
    collect()

    assert [each["release_status"] for each in stored()] == ["RELEASED"]


@pytest.mark.parametrize("created", ["2025-03-01T10:00:00", "", "yesterday"])
def test_an_odd_time_stops_no_collection(registry: FakeRegistry, created: str) -> None:
    registry.versions = {WEB: [row("3.1.0", created=created)]}

    collection = collect()

    assert (collection.error, len(stored())) == ("", 1)


@pytest.mark.parametrize(
    "answer",
    [
        Response(status=500),
        Response(status=401),
        Response(status=302, headers={"Location": "/elsewhere"}),
        Response("not json"),
        Response("[]"),
        Response('{"versions": null}'),
        Response('{"versions": ["3.0.1"], "total": 1}'),
        Response('{"versions": [], "total": "many"}'),
        Response('{"versions": {}, "total": 0}'),
    ],
    ids=["broken", "unauthorized", "moved", "no json", "list", "null", "strings", "no total", "no list"],
)
def test_a_registry_that_answers_oddly_leaves_an_error_and_what_was_known(
    registry: FakeRegistry, answer: Response
) -> None:
    registry.versions = {WEB: [row("3.0.1")], "bookverse-helm": [row("1.1.1")]}
    collect()
    registry.odd = {"bookverse-helm": answer}

    collection = collect()

    assert collection.error.startswith("AppTrust GET /apptrust/api/v1/applications/bookverse-helm/versions: ")
    assert collection.finished_at is not None
    assert len(stored()) == 1


def test_a_second_request_joins_the_first(db: None) -> None:
    first, second = request_collection(actor=person()), request_collection(actor=person("tom"))

    assert first == second


def test_requests_at_the_same_moment_open_one_collection(transactional_db: None) -> None:
    results = at_once(*[lambda: request_collection(actor=SYSTEM)] * 6)

    assert results == [Collection.objects.get()] * 6


@pytest.mark.postgres
def test_a_request_that_meets_one_which_is_not_committed_yet_joins_it(transactional_db: None) -> None:
    def ask_and_linger() -> Collection:
        with transaction.atomic():
            first = Collection.objects.create(requested_by="tom", requested_at=database_now())
            opened.set()
            until(is_somebody_waiting)
        return first

    def ask_meanwhile() -> Collection:
        assert opened.wait(PATIENCE_S)
        return request_collection(actor=SYSTEM)

    opened = Event()
    results = at_once(ask_and_linger, ask_meanwhile)

    assert results == [Collection.objects.get()] * 2


def is_somebody_waiting() -> bool:
    """Tell whether a transaction of this database waits for another one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def test_a_second_collection_cannot_be_open(db: None) -> None:
    first = request_collection(actor=SYSTEM)

    with pytest.raises(IntegrityError), transaction.atomic():
        Collection.objects.create(requested_by="tom", requested_at=first.requested_at)

    Collection.objects.update(finished_at=F("requested_at"))
    assert request_collection(actor=SYSTEM) != first


def test_a_viewer_asks_for_no_collection(db: None) -> None:
    with pytest.raises(PermissionRefused):
        request_collection(actor=person("vera", Role.VIEWER))


def test_one_process_carries_a_collection_out(registry: FakeRegistry) -> None:
    request_collection(actor=SYSTEM)

    at_once(*[collect_due_versions] * 4)

    assert sorted(application for application, _, _ in registry.asked) == sorted(
        Service.objects.values_list("application_key", flat=True)
    )


def test_a_collection_whose_collector_died_is_taken_up_by_another(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise SystemError("killed")

    request_collection(actor=SYSTEM)
    with monkeypatch.context() as patch:
        patch.setattr(collections, "list_versions", die)
        with pytest.raises(SystemError):
            collect_due_versions()
    collect_due_versions()
    abandoned = Collection.objects.get()
    assert abandoned.finished_at is None
    assert abandoned.claimed_until is not None
    assert abandoned.claimed_until - abandoned.requested_at < timedelta(seconds=15)
    Collection.objects.update(claimed_until=F("requested_at") - timedelta(seconds=1))

    collect_due_versions()

    assert Collection.objects.get().finished_at is not None


def test_a_collection_is_not_taken_up_while_the_registry_makes_up_its_mind(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed: set[datetime | None] = set()

    def has_been_renewed_twice() -> bool:
        claimed.add(Collection.objects.get().claimed_until)
        return len(claimed) == 3

    def hesitate(keys: list[str]) -> dict[str, list[RegisteredVersion]]:
        until(has_been_renewed_twice)
        return {key: [] for key in keys}

    monkeypatch.setattr(claims, "RENEW_EVERY_S", 0.01)
    monkeypatch.setattr(collections, "list_versions", hesitate)

    assert (collect().error, len(claimed), None in claimed) == ("", 3, False)
