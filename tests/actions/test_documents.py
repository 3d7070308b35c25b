"""Keeping the documents of versions: given by a pipeline, or fetched from the service that runs them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from releases.actions import documents
from releases.actions.documents import fetch_due_documents, keep_document
from releases.clients.documents import MAX_BYTES
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from releases.models import ApiDocument, Deployment, DocumentFetch, Service
from releases.queries.clock import database_now
from tests.factories import load_bookverse, person
from tests.openapi_documents import api_document
from tests.threads import at_once, on_its_own_connection

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from releases.actions.documents import KeptDocument

LIVE = "1.2.3"


@pytest.fixture
def inventory(transactional_db: None, httpserver: HTTPServer) -> HTTPServer:
    """An inventory that runs and can be asked; the others have no address."""
    load_bookverse()
    Service.objects.update(base_url="")
    Service.objects.filter(slug="inventory").update(base_url=httpserver.url_for("/inventory/"), openapi_path="/api")
    return httpserver


def serve(server: HTTPServer, response: Response | dict[str, object]) -> None:
    expected = server.expect_request("/inventory/api", method="GET")
    if isinstance(response, Response):
        expected.respond_with_response(response)
    else:
        expected.respond_with_json(response)


def kept(version: str = LIVE) -> ApiDocument | None:
    return ApiDocument.objects.filter(
        service_version__service__slug="inventory", service_version__version=version
    ).first()


def give(document: dict[str, object], version: str = "1.4.0") -> KeptDocument:
    return keep_document(actor=person(), service="inventory", version=version, document=document)


def test_the_document_of_a_version_that_runs_is_fetched(inventory: HTTPServer) -> None:
    serve(inventory, api_document(LIVE))

    fetch_due_documents()

    document = kept()
    assert document is not None
    assert (document.content, document.uploaded_by) == (api_document(LIVE), "board")
    assert not DocumentFetch.objects.exists()


def test_a_document_is_fetched_once(inventory: HTTPServer) -> None:
    serve(inventory, api_document(LIVE))

    fetch_due_documents()
    fetch_due_documents()

    assert len(inventory.log) == 1


def test_several_processes_ask_once(inventory: HTTPServer) -> None:
    serve(inventory, api_document(LIVE))

    at_once(*[fetch_due_documents] * 4)

    assert (len(inventory.log), kept() is not None) == (1, True)


def test_the_address_may_name_the_version(inventory: HTTPServer) -> None:
    Service.objects.filter(slug="inventory").update(openapi_path="/api?version={version}")
    Deployment.objects.filter(service__slug="inventory").update(version="1.4.0+build/7")
    row = Service.objects.get(slug="inventory").versions.get(version="1.4.0")
    row.version = "1.4.0+build/7"
    row.save(update_fields=["version"])
    serve(inventory, api_document("1.4.0"))

    fetch_due_documents()

    [(request, _)] = inventory.log
    assert request.args["version"] == "1.4.0+build/7"


def test_the_document_of_another_version_is_not_kept(inventory: HTTPServer) -> None:
    serve(inventory, api_document("1.4.0"))

    fetch_due_documents()

    url = inventory.url_for("/inventory/api")
    assert kept() is None
    assert DocumentFetch.objects.get().error == f"GET {url}: this is the document of 1.4.0, not of 1.2.3"


@pytest.mark.parametrize("said", ["2024.05.0", "v1", "", "1.2.3+other.build"])
def test_a_document_that_names_no_other_version_is_kept(inventory: HTTPServer, said: str) -> None:
    serve(inventory, api_document(said))

    fetch_due_documents()

    assert kept() is not None


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (Response(status=404), "HTTP 404"),
        (Response(status=302, headers={"Location": "/elsewhere"}), "HTTP 302"),
        (Response("<html>"), "the answer is no JSON"),
        (Response('{"openapi": NaN}'), "the answer is no JSON"),
        (Response("[" * 100_000), "the answer is no JSON"),
        (Response("[]"), "the answer is no JSON object"),
        (Response("x" * (MAX_BYTES + 1)), "the answer is larger than 1,048,576 bytes"),
        (
            Response("{}"),
            "This is no OpenAPI 3.0 or 3.1 document: its field openapi says no such version.",
        ),
        (
            Response('{"openapi": "3.1.0", "info": {"title": 7, "version": "1"}, "paths": {}}'),
            "info.title: 7 is not of type 'string'",
        ),
    ],
    ids=["missing", "moved", "html", "nan", "deep", "list", "large", "no openapi", "invalid"],
)
def test_why_there_is_no_document_is_recorded(inventory: HTTPServer, response: Response, error: str) -> None:
    serve(inventory, response)

    fetch_due_documents()

    fetch = DocumentFetch.objects.get()
    assert (fetch.error, fetch.attempts, fetch.claimed_until) == (
        f"GET {inventory.url_for('/inventory/api')}: {error}",
        1,
        None,
    )


def test_a_service_that_nobody_reaches_is_recorded_too(inventory: HTTPServer) -> None:
    Service.objects.filter(slug="inventory").update(base_url="http://127.0.0.1:9")

    fetch_due_documents()

    assert DocumentFetch.objects.get().error.startswith("GET http://127.0.0.1:9/api: ")


def test_the_next_attempt_waits_longer_each_time(inventory: HTTPServer) -> None:
    serve(inventory, Response(status=503))
    waits = []
    for _ in range(3):
        before = database_now()
        fetch_due_documents()
        fetch = DocumentFetch.objects.get()
        waits.append(round((fetch.due_at - before).total_seconds() / documents.FIRST_WAIT.total_seconds()))
        DocumentFetch.objects.update(due_at=before)

    assert waits == [1, 2, 4]


def test_no_wait_is_longer_than_the_longest(inventory: HTTPServer) -> None:
    serve(inventory, Response(status=503))
    version = Service.objects.get(slug="inventory").versions.get(version=LIVE)
    now = database_now()
    DocumentFetch.objects.create(service_version=version, due_at=now, attempts=1_000)

    fetch_due_documents()

    assert DocumentFetch.objects.get().due_at < database_now() + documents.LONGEST_WAIT + timedelta(seconds=1)


def test_before_the_next_attempt_is_due_nobody_is_asked(inventory: HTTPServer) -> None:
    serve(inventory, Response(status=503))

    fetch_due_documents()
    fetch_due_documents()

    assert len(inventory.log) == 1


def test_what_a_process_that_is_gone_had_claimed_is_taken_up(inventory: HTTPServer) -> None:
    serve(inventory, api_document(LIVE))
    version = Service.objects.get(slug="inventory").versions.get(version=LIVE)
    past = database_now() - timedelta(seconds=1)
    DocumentFetch.objects.create(service_version=version, due_at=past, claimed_until=past)

    fetch_due_documents()

    assert kept() is not None


def test_what_another_process_claimed_is_left_to_it(inventory: HTTPServer) -> None:
    serve(inventory, api_document(LIVE))
    version = Service.objects.get(slug="inventory").versions.get(version=LIVE)
    now = database_now()
    DocumentFetch.objects.create(service_version=version, due_at=now, claimed_until=now + timedelta(minutes=1))

    fetch_due_documents()

    assert inventory.log == []


def test_a_service_without_a_document_is_not_asked(inventory: HTTPServer) -> None:
    Service.objects.filter(slug="inventory").update(openapi_path="")

    fetch_due_documents()

    assert (inventory.log, DocumentFetch.objects.count()) == ([], 0)


def test_a_version_that_runs_nowhere_is_not_asked_for(inventory: HTTPServer) -> None:
    Deployment.objects.filter(service__slug="inventory").delete()

    fetch_due_documents()

    assert inventory.log == []


def test_a_pipeline_that_was_quicker_keeps_its_word(inventory: HTTPServer) -> None:
    def upload(_request: object) -> Response:
        on_its_own_connection(lambda: give(api_document(LIVE, tags=[{"name": "given"}]), LIVE))
        return Response('{"openapi": "3.1.0"}')

    inventory.expect_request("/inventory/api").respond_with_handler(upload)

    fetch_due_documents()

    document = kept()
    assert document is not None
    assert (document.uploaded_by, DocumentFetch.objects.count()) == ("maria", 0)


def test_a_document_is_given_to_a_registered_version(inventory: HTTPServer) -> None:
    given = give(api_document())

    assert (given.is_new, given.document.content, given.document.uploaded_by) == (True, api_document(), "maria")


def test_the_same_document_again_changes_nothing(inventory: HTTPServer) -> None:
    first = give(api_document())

    again = give(dict(reversed(api_document().items())))

    assert (again.is_new, again.document) == (False, first.document)


def test_a_document_never_changes(inventory: HTTPServer) -> None:
    give(api_document())

    with pytest.raises(Conflict, match=r"inventory 1\.4\.0 has another document already"):
        give(api_document(tags=[{"name": "books"}]))


def test_a_document_of_a_version_that_is_not_registered_is_refused(inventory: HTTPServer) -> None:
    with pytest.raises(NotFound, match=r"inventory 9\.9\.9 is not registered"):
        give(api_document(), "9.9.9")


def test_a_document_of_no_version_is_refused(inventory: HTTPServer) -> None:
    with pytest.raises(InvalidInput) as refusal:
        give(api_document(), "latest")

    assert refusal.value.field == "version"


def test_a_viewer_gives_no_document(inventory: HTTPServer) -> None:
    with pytest.raises(PermissionRefused):
        keep_document(actor=person("vera", Role.VIEWER), service="inventory", version="1.4.0", document=api_document())
