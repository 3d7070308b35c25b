"""What AppTrust says is in each version: read once, by whoever looks first, and never in anybody's way."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connections
from werkzeug import Request, Response

from bookverse.demo.addresses import DEMO_TOKEN
from releases.actions.collections import collect_due_versions, request_collection
from releases.actions.contents import read_due_contents, want_contents
from releases.domain.access import SYSTEM
from releases.models import ServiceVersion, VersionContent
from releases.queries.clock import database_now
from tests.demo.running import running_demo
from tests.factories import created, load_bookverse, register
from tests.fakes.registry import FakeRegistry, row
from tests.threads import at_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.django_db(transaction=True)
SOURCES = [{"type": "build", "name": "web", "number": "7"}]
IMAGES = [{"name": "web", "version": "3.0.2", "sha256": "a" * 64}]
WHOLE = {"status": "COMPLETED", "sources": SOURCES, "releasables": IMAGES, "releasables_count": 1}
PATH = "/apptrust/api/v1/applications/bookverse-web/versions/3.0.2/content"


@pytest.fixture
def apptrust(tmp_path: Path, settings: Settings) -> Iterator[httpx2.Client]:
    """The simulated AppTrust, which the board talks to."""
    load_bookverse()
    with running_demo(tmp_path, "apptrust") as running, running.client("apptrust") as client:
        client.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
        settings.JFROG_URL, settings.JFROG_ACCESS_TOKEN = str(client.base_url).rstrip("/"), DEMO_TOKEN
        yield client


@pytest.fixture
def registry(httpserver: HTTPServer, settings: Settings) -> HTTPServer:
    """An AppTrust that lists one version, web 3.0.2, and answers what a test makes it answer of it."""
    load_bookverse()
    ServiceVersion.objects.all().delete()
    register({"web": ["3.0.2"]})
    settings.JFROG_URL = httpserver.url_for("").rstrip("/")
    want_contents(database_now())
    return httpserver


def collect() -> None:
    request_collection(actor=SYSTEM)
    collect_due_versions()


def again() -> int:
    """Let the time of the next try come."""
    VersionContent.objects.update(next_try_at=database_now())
    return read_due_contents()


def read_all() -> None:
    while read_due_contents():
        pass


def answered(registry: HTTPServer, body: object, status: int = 200) -> VersionContent:
    """Return what is known of web 3.0.2 once AppTrust answered this."""
    registry.clear()
    registry.expect_request(PATH, method="GET").respond_with_json(body, status=status)
    again()
    return VersionContent.objects.get()


def test_what_a_collection_finds_is_read_from_apptrust(apptrust: httpx2.Client) -> None:
    collect()
    before = VersionContent.objects.exclude(read_at=None).count()
    read_all()
    known = VersionContent.objects.get(service_version__service__slug="inventory", service_version__version="1.4.0")
    path = "/apptrust/api/v1/applications/bookverse-inventory/versions/1.4.0/content"
    said = apptrust.get(f"{path}?include=sources,releasables").json()

    assert (before, known.sources, known.releasables) == (0, said["sources"], said["releasables"])
    assert VersionContent.objects.filter(read_at=None).count() == 0


def test_only_versions_that_apptrust_completed_are_read(apptrust: httpx2.Client) -> None:
    collect()
    wanted = set(VersionContent.objects.values_list("service_version__version", flat=True))

    # The one failed when it was created, the other is no SemVer; both are in the list.
    assert {"1.5.4", "2024.05.0"} & set(ServiceVersion.objects.values_list("version", flat=True))
    assert {"1.5.4", "2024.05.0", "1.5.3"} & wanted == {"1.5.3"}


def test_a_version_is_read_once_however_often_it_is_collected(apptrust: httpx2.Client) -> None:
    collect()
    read_all()
    first = dict(VersionContent.objects.values_list("pk", "read_at"))
    collect()

    assert read_due_contents() == 0
    assert dict(VersionContent.objects.values_list("pk", "read_at")) == first


def test_a_release_is_sealed_with_what_was_read_by_then(apptrust: httpx2.Client) -> None:
    collect()
    VersionContent.objects.filter(service_version__service__slug="helm").update(
        next_try_at=database_now() + timedelta(hours=1)
    )
    read_all()
    first = created().stored_manifest
    body = first.body
    again()
    first.refresh_from_db()
    later = created(title="next").stored_manifest

    def unread(text: str) -> list[str]:
        applications = json.loads(text)["applications"]
        return [each["service"] for each in applications if each["sources"] is None and each["releasables"] is None]

    assert (first.body, unread(first.body), unread(later.body)) == (body, ["helm"], [])


def test_the_newest_versions_are_read_first(registry: HTTPServer) -> None:
    register({"web": [f"4.0.{number}" for number in range(12)]})
    ServiceVersion.objects.filter(version="4.0.3").update(registered_at=database_now())
    ServiceVersion.objects.filter(version="4.0.5").update(registered_at=database_now() - timedelta(days=1))
    want_contents(database_now())
    read_due_contents()
    tried = VersionContent.objects.filter(tries=1).values_list("service_version__version", flat=True)

    assert len(tried) == 8
    assert {"4.0.3", "4.0.5"} <= set(tried)


def test_both_lists_are_kept_and_the_board_asks_with_its_token(registry: HTTPServer) -> None:
    known = answered(registry, WHOLE)
    [(request, _)] = registry.log

    assert (known.sources, known.releasables, known.problem, known.tries) == (SOURCES, IMAGES, "", 1)
    assert (request.headers["Authorization"], request.args["include"]) == ("Bearer demo-token", "sources,releasables")


def test_an_empty_list_is_not_the_same_as_one_that_was_not_read(registry: HTTPServer) -> None:
    before = VersionContent.objects.get()
    known = answered(registry, {**WHOLE, "releasables": [], "releasables_count": 0})

    assert (before.releasables, before.sources) == (None, None)
    assert (known.releasables, known.sources) == ([], SOURCES)


def test_more_than_a_page_is_read_page_by_page(registry: HTTPServer) -> None:
    images = [{"name": f"{number:03}"} for number in range(251)]
    for offset in (0, 250):
        registry.expect_request(
            PATH, query_string={"include": "sources,releasables", "offset": str(offset), "limit": "250"}
        ).respond_with_json({**WHOLE, "releasables": images[offset : offset + 250], "releasables_count": 251})
    read_due_contents()

    assert VersionContent.objects.get().releasables == images


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"errors": [{"status": 404, "message": "no"}]}, 404, "AppTrust does not know this version any more."),
        ({"errors": [{"message": "Try later."}]}, 503, f"AppTrust GET {PATH}: 503: Try later."),
        ([], 200, f"AppTrust GET {PATH}: the answer is not an object"),
        ({"status": "COMPLETED"}, 200, "AppTrust did not list the version's sources."),
        ({**WHOLE, "status": "STARTED"}, 200, "AppTrust has not completed the version: it is STARTED."),
        ({**WHOLE, "sources": [{"name": "\0"}]}, 200, "AppTrust lists what cannot be stored: NUL in a text."),
    ],
)
def test_what_cannot_be_read_is_said_and_tried_again_later(
    registry: HTTPServer, body: object, status: int, problem: str
) -> None:
    known = answered(registry, body, status)

    assert (known.problem, known.sources, known.releasables, known.read_at) == (problem, None, None, None)
    assert (known.claimed_until, known.next_try_at > database_now()) == (None, True)
    assert (read_due_contents(), answered(registry, WHOLE).problem) == (0, "")


def test_an_apptrust_that_is_away_is_a_problem_and_no_failure(registry: HTTPServer, settings: Settings) -> None:
    settings.JFROG_URL = "http://127.0.0.1:9"
    assert read_due_contents() == 1
    assert VersionContent.objects.get().problem.startswith("AppTrust: ")


def test_several_processes_read_it_once(registry: HTTPServer) -> None:
    registry.expect_request(PATH).respond_with_json(WHOLE)
    at_once(*[read_due_contents] * 4)

    assert len(registry.log) == 1
    assert VersionContent.objects.get().tries == 1


def test_what_a_later_claim_read_is_not_written_over(registry: HTTPServer) -> None:
    def overtaken(_request: Request) -> Response:
        VersionContent.objects.update(claim_no=7, sources=[], read_at=database_now())
        connections.close_all()
        return Response(json.dumps(WHOLE), content_type="application/json")

    registry.expect_request(PATH).respond_with_handler(overtaken)
    read_due_contents()

    assert VersionContent.objects.values_list("sources", "releasables").get() == ([], None)


def test_without_a_registry_nothing_is_due(registry: HTTPServer, settings: Settings) -> None:
    settings.JFROG_URL = ""
    assert (read_due_contents(), VersionContent.objects.get().tries) == (0, 0)


def test_a_collection_that_failed_makes_nothing_due(httpserver: HTTPServer, settings: Settings) -> None:
    load_bookverse()
    settings.JFROG_URL = ""
    collect()
    assert VersionContent.objects.count() == 0


def test_what_is_not_completed_yet_is_read_once_it_is(httpserver: HTTPServer, settings: Settings) -> None:
    load_bookverse()
    ServiceVersion.objects.all().delete()
    fake = FakeRegistry(httpserver)
    settings.JFROG_URL = fake.url
    counts = []
    for status in ("IN_PROGRESS", "COMPLETED"):
        fake.versions = {"bookverse-web": [row("3.1.0", status=status)]}
        collect()
        counts.append(VersionContent.objects.count())

    assert counts == [0, 1]
