"""The page of a service: its contracts, its documents and its probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils.html import strip_tags

from releases.actions.documents import keep_document
from releases.domain.access import Role
from releases.models import (
    Contract,
    DeploymentContract,
    DocumentFetch,
    ProbeResult,
    ProbeRound,
    Service,
    ServiceVersion,
    Stage,
    VersionContent,
)
from releases.queries.clock import database_now
from tests.factories import load_bookverse, person
from tests.live.html import parse_html
from tests.openapi_documents import api_document
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from django.test import Client

HTMX = {"HX-Request": "true"}
ADJUST = {"/api/v1/inventory/{id}/adjust": {"post": {"responses": {"200": {"description": "OK"}}}}}


def page(client: Client, service: str = "inventory") -> str:
    answer = client.get(f"/services/{service}")
    assert answer.status_code == 200
    content = answer.content.decode()
    parse_html(content)
    return content


def answered(outcome: str, message: str = "") -> None:
    now = database_now()
    ProbeResult.objects.create(
        round=ProbeRound.objects.create(requested_by="board", requested_at=now, finished_at=now),
        contract=DeploymentContract.objects.get(probe="health_check"),
        service=Service.objects.get(slug="inventory"),
        stage=Stage.objects.get(name="PROD"),
        version="1.2.3",
        outcome=outcome,
        message=message,
        took_ms=12 if outcome == "passed" else None,
        probed_at=now,
    )


def give(version: str) -> None:
    place = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {path: {"post": {"parameters": [place], **each["post"]}} for path, each in ADJUST.items()}
    document = api_document(version, paths=paths)
    keep_document(actor=person(), service="inventory", version=version, document=document)


def test_a_service_without_contracts_documents_and_answers_says_so(manager: Client) -> None:
    Contract.objects.all().delete()

    shown = page(manager)

    assert "No contract says that inventory relies on another service." in shown
    assert "No contract says that another service relies on inventory." in shown
    assert "No version of inventory has a document yet." in shown
    assert "No probe was answered yet." in shown


def test_a_service_without_an_address_says_why_it_is_not_probed(manager: Client) -> None:
    Service.objects.filter(slug="inventory").update(base_url="")

    assert "inventory has no base URL, so it cannot be probed." in page(manager)


def test_a_contract_is_shown_with_its_verdict_on_both_pages(manager: Client) -> None:
    give("1.2.3")

    for service in ("inventory", "checkout"):
        shown = page(manager, service)
        assert ("POST /api/v1/inventory/{id}/adjust" in shown, "</svg>Holds</span>" in shown) == (True, True)


def test_a_contract_that_nobody_can_judge_is_unknown(manager: Client) -> None:
    shown = page(manager, "checkout")

    assert "</svg>Unknown</span>" in shown
    assert "</svg>Holds</span>" not in shown


def test_a_contract_that_spares_the_live_version_says_so(manager: Client) -> None:
    Contract.objects.filter(consumer__slug="checkout").update(consumer_range=">=9")

    assert "The live versions are not concerned." in page(manager, "checkout")


def test_a_contract_whose_range_cannot_be_read_breaks_no_page(manager: Client) -> None:
    Contract.objects.filter(consumer__slug="checkout").update(consumer_range="whatever")

    assert "</svg>Unknown</span>" in page(manager, "checkout")


def test_a_contract_of_a_service_that_is_not_live_breaks_no_page(manager: Client) -> None:
    payments = Service.objects.create(slug="payments", application_key="payments", dispatch_url="http://127.0.0.1:9")
    Contract.objects.filter(consumer__slug="checkout").update(provider=payments)

    assert "The live versions are not concerned." in page(manager, "payments")


def test_documents_are_shown_newest_version_first_with_who_gave_them(manager: Client) -> None:
    ServiceVersion.objects.filter(service__slug="inventory").exclude(version__in=["1.2.3", "1.4.0"]).delete()
    give("1.4.0")
    give("1.2.3")

    shown = page(manager)

    assert shown.index("OpenAPI of 1.4.0") < shown.index("OpenAPI of 1.2.3")
    assert '<a href="/api/v1/services/inventory/versions/1.4.0/openapi">OpenAPI of 1.4.0</a>' in shown
    assert '<td data-label="Given by">maria</td>' in shown


def test_why_a_document_could_not_be_fetched_is_shown(manager: Client) -> None:
    version = ServiceVersion.objects.get(service__slug="inventory", version="1.2.3")
    DocumentFetch.objects.create(service_version=version, due_at=database_now(), attempts=2, error="GET /api: HTTP 404")

    assert "The document of 1.2.3 could not be fetched: GET /api: HTTP 404." in page(manager)


@pytest.mark.parametrize(
    ("outcome", "word"),
    [("passed", "Passed"), ("failed", "Failed"), ("error", "No answer"), ("not_configured", "Not configured")],
)
def test_the_newest_answer_is_shown_with_a_word(manager: Client, outcome: str, word: str) -> None:
    answered("failed" if outcome == "passed" else "passed", "HTTP 299")
    answered(outcome, "HTTP 298")

    shown = page(manager)

    assert (f"</svg>{word}</span>" in shown, "HTTP 298" in shown, "HTTP 299" in shown) == (True, True, False)


def test_probes_are_asked_for_and_the_page_watches_them(manager: Client) -> None:
    answer = manager.post("/services/inventory/probe", headers=HTMX)

    shown = answer.content.decode()
    assert (answer.status_code, ProbeRound.objects.count()) == (200, 1)
    assert ('hx-get="/services/inventory/probing"' in shown, "Probing…" in shown) == (True, True)


def test_without_htmx_the_page_comes_again(manager: Client) -> None:
    answer = manager.post("/services/inventory/probe")

    assert (answer.status_code, answer["Location"], ProbeRound.objects.count()) == (302, "/services/inventory", 1)


def test_the_page_stops_watching_when_the_round_ends(manager: Client) -> None:
    answered("passed")

    shown = manager.get("/services/inventory/probing", headers=HTMX).content.decode()

    assert ("hx-get" in shown, "last round" in shown) == (False, True)


def test_a_viewer_looks_and_is_told_what_is_missing(manager: Client) -> None:
    viewer = browser_of("vera", Role.VIEWER)

    shown = page(viewer)

    assert "To probe services you need the role release manager." in shown
    assert viewer.post("/services/inventory/probe").status_code == 403
    assert ProbeRound.objects.count() == 0


@pytest.mark.parametrize("address", ["/services/nobody/probing", "/services/nobody/probe"])
def test_probes_of_an_unknown_service_are_not_found(manager: Client, address: str) -> None:
    assert manager.get(address).status_code in {404, 405}


def test_who_is_signed_out_probes_nothing(client: Client, db: None) -> None:
    answer = client.post("/services/inventory/probe")

    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/services/inventory/probe")


def test_how_far_reading_what_is_in_the_versions_has_come_is_told(viewer: Client) -> None:
    load_bookverse()
    now = database_now()
    newer, older = ServiceVersion.objects.filter(service__slug="web").order_by("-sort_key")[:2]
    assert "What AppTrust lists in a version" not in page(viewer, "web")

    trouble = VersionContent.objects.create(
        service_version=newer, next_try_at=now, tries=2, problem="AppTrust did not list the version's sources."
    )
    VersionContent.objects.create(service_version=older, next_try_at=now, read_at=now, sources=[], releasables=[])
    shown = " ".join(strip_tags(page(viewer, "web")).split())
    assert "is kept for manifests: known of 1 of 2 versions, of 1 not read yet." in shown
    assert f"What is in {newer.version} could not be read: AppTrust did not list the version&#x27;s sources." in shown

    trouble.read_at, trouble.problem = now, ""
    trouble.save(update_fields=["read_at", "problem"])
    shown = page(viewer, "web")
    assert "is kept for manifests: known of all 2 versions." in shown
    assert "could not be read" not in shown
