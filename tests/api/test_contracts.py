from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.actions.documents import keep_document
from releases.models import (
    ApiDocument,
    BreakingChange,
    Contract,
    DeploymentContract,
    ProbeResult,
    ProbeRound,
    Service,
    ServiceVersion,
    Stage,
)
from releases.queries.clock import database_now
from tests.api.calling import caller_for
from tests.factories import person
from tests.openapi_documents import api_document

if TYPE_CHECKING:
    from tests.api.calling import Caller

BOOK = {"consumer": "web", "provider": "inventory", "method": "GET", "path": "/api/v1/books/{id}"}
OPENAPI = "/services/inventory/versions/1.4.0/openapi"


@pytest.fixture(autouse=True)
def people(platform: None) -> None:
    person("maria")


def put(caller: Caller, path: str, body: object) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {caller.token}"}
    answer = caller.client.put(f"/api/v1{path}", body, content_type="application/json", headers=headers)
    return answer.status_code, answer.json()


def contract(**more: str) -> Contract:
    consumer, provider = Service.objects.get(slug=BOOK["consumer"]), Service.objects.get(slug=BOOK["provider"])
    built_for = {"built_for": "1.2.3", **more}
    return Contract.objects.create(
        consumer=consumer, provider=provider, method=BOOK["method"], path=BOOK["path"], **built_for
    )


def give(version: str, **more: object) -> None:
    keep_document(actor=person(), service="inventory", version=version, document=api_document(version, **more))


def check(caller: Caller, **versions: str) -> tuple[bool, list[tuple[str, str, str]], list[str]]:
    answer = caller.post("/contracts/check", {"versions": versions})
    assert answer.status_code == 200, answer.json()
    checked = answer.json()
    results = [(reason["code"], reason["severity"], reason["other"]) for reason in checked["results"]]
    return checked["all_valid"], results, [reason["code"] for reason in checked["violations"]]


def chart_expects(probe: str = "health_check") -> DeploymentContract:
    helm = Service.objects.get(slug="helm")
    return DeploymentContract.objects.create(consumer=helm, probe=probe, path="/health")


def probed(expected: DeploymentContract, outcome: str = "passed", stage: str = "PROD", **versions: str) -> None:
    now = database_now()
    finished = ProbeRound.objects.create(requested_by="board", requested_at=now, finished_at=now)
    for slug, version in versions.items():
        ProbeResult.objects.create(
            round=finished,
            contract=expected,
            service=Service.objects.get(slug=slug),
            stage=Stage.objects.get(name=stage),
            version=version,
            outcome=outcome,
            message="HTTP 200" if outcome == "passed" else "HTTP 503",
            probed_at=now,
        )


def test_a_set_that_keeps_its_contracts_is_valid(viewer: Caller) -> None:
    contract()
    give("1.2.3")
    give("1.4.0")

    assert check(viewer, inventory="1.4.0") == (True, [("contract-holds", "OK", "inventory")], [])


def test_what_is_not_named_is_checked_as_it_is_live(viewer: Caller) -> None:
    contract()
    give("1.2.3")

    answer = viewer.post("/contracts/check", {"versions": {}}).json()

    assert (answer["all_valid"], answer["versions"]["inventory"]) == (True, "1.2.3")


def test_an_endpoint_that_is_missing_is_a_violation_with_a_whole_reason(viewer: Caller) -> None:
    kept = contract()
    give("1.2.3")
    give("1.4.0", paths={})

    answer = viewer.post("/contracts/check", {"versions": {"inventory": "1.4.0"}}).json()

    assert (answer["all_valid"], answer["violations"][0]["code"], answer["violations"][0]["evidence"]) == (
        False,
        "endpoint-missing",
        f"contract:{kept.pk}",
    )
    assert answer["results"][0] == answer["violations"][0]


def test_a_version_without_a_document_is_unknown_and_never_valid(viewer: Caller) -> None:
    contract()
    give("1.2.3")

    assert check(viewer, inventory="1.4.0") == (False, [("no-document", "UNKNOWN", "inventory")], ["no-document"])


def test_a_declared_break_is_a_violation(viewer: Caller) -> None:
    contract()
    give("1.2.3")
    give("1.4.0")
    BreakingChange.objects.create(
        provider=Service.objects.get(slug="inventory"),
        version="1.4.0",
        method="GET",
        path="/api/v1/books/{id}",
        text="Ids are numbers.",
    )

    is_valid, _, violations = check(viewer, inventory="1.4.0")

    assert (is_valid, violations) == (False, ["broken-endpoint"])


def test_a_set_without_contracts_is_not_called_valid(viewer: Caller) -> None:
    assert check(viewer, inventory="1.4.0")[0] is False


def test_an_alias_means_its_service(viewer: Caller) -> None:
    contract()
    give("1.2.3")
    give("1.4.0")

    assert check(viewer, **{"bookverse-inventory": "1.4.0"})[0] is True


def test_a_stranger_is_refused_by_name(viewer: Caller) -> None:
    answer = viewer.post("/contracts/check", {"versions": {"payments": "1.0.0"}})

    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [
            {
                "loc": ["body", "versions", "payments"],
                "msg": "There is no service payments; name one by its slug or an alias.",
            }
        ],
    )


def test_what_is_no_version_is_refused_by_name(viewer: Caller) -> None:
    answer = viewer.post("/contracts/check", {"versions": {"inventory": "new"}})

    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "versions", "inventory"])


def test_a_service_that_was_never_probed_is_unknown_and_never_valid(viewer: Caller) -> None:
    chart_expects()

    others = ("checkout", "inventory", "recommendations", "web")
    assert check(viewer) == (False, [("never-probed", "UNKNOWN", other) for other in others], ["never-probed"] * 4)


def test_probes_that_passed_are_part_of_what_is_valid(viewer: Caller) -> None:
    probed(chart_expects(), checkout="1.5.2", inventory="1.2.3", recommendations="2.1.0", web="3.0.1")

    is_valid, results, _ = check(viewer)

    assert (is_valid, {(code, severity) for code, severity, _ in results}) == (True, {("probe-passed", "OK")})


def test_another_version_than_the_probed_one_is_not_known(viewer: Caller) -> None:
    probed(chart_expects(), checkout="1.5.2", inventory="1.2.3", recommendations="2.1.0", web="3.0.1")

    assert check(viewer, inventory="1.4.0")[2] == ["never-probed"]


def test_of_several_stages_the_worst_answer_counts(viewer: Caller) -> None:
    expected = chart_expects()
    live = {"checkout": "1.5.2", "inventory": "1.2.3", "recommendations": "2.1.0", "web": "3.0.1"}
    probed(expected, **live)
    last = ProbeRound.objects.get()
    ProbeResult.objects.create(
        round=last,
        contract=expected,
        service=Service.objects.get(slug="web"),
        stage=Stage.objects.get(name="DEV"),
        version="3.0.1",
        outcome="failed",
        message="HTTP 503",
        probed_at=database_now(),
    )

    is_valid, results, violations = check(viewer)

    assert (is_valid, violations, results[0]) == (False, ["probe-failed"], ("probe-failed", "ERROR", "web"))


def test_only_the_last_round_counts(viewer: Caller) -> None:
    expected = chart_expects()
    live = {"checkout": "1.5.2", "inventory": "1.2.3", "recommendations": "2.1.0", "web": "3.0.1"}
    probed(expected, outcome="failed", **live)
    probed(expected, **live)

    assert check(viewer)[0] is True


def test_more_contracts_and_documents_cost_no_more_queries(viewer: Caller) -> None:
    contract()
    give("1.2.3")
    probed(chart_expects(), web="3.0.1")
    check(viewer)
    with CaptureQueriesContext(connection) as few:
        check(viewer)
    for version in ("1.3.0", "1.4.0"):
        contract(consumer_range=version)
        give(version)
    probed(chart_expects("liveness_probe"), web="3.0.1", checkout="1.5.2")
    check(viewer)

    with CaptureQueriesContext(connection) as many:
        check(viewer)

    assert len(many) == len(few)


def test_a_round_of_probes_can_be_asked_for(manager: Caller) -> None:
    answer = manager.post("/probes")

    assert (answer.status_code, answer.json()["requested_by"], ProbeRound.objects.count()) == (202, "manager", 1)


def test_a_viewer_asks_for_no_probes(viewer: Caller) -> None:
    assert (viewer.post("/probes").status_code, ProbeRound.objects.count()) == (403, 0)


def test_a_token_that_only_reads_asks_for_no_probes(manager: Caller) -> None:
    assert caller_for("manager", "read").post("/probes").status_code == 403


def test_a_document_is_given_once_and_read_back(manager: Caller) -> None:
    status, given = put(manager, OPENAPI, api_document())

    assert (status, given["service"], given["version"], given["uploaded_by"]) == (201, "inventory", "1.4.0", "manager")
    assert given["sha256"] == ApiDocument.objects.get().sha256
    assert manager.get(OPENAPI).json() == api_document()


def test_the_same_document_again_is_fine(manager: Caller) -> None:
    _, first = put(manager, OPENAPI, api_document())

    assert put(manager, OPENAPI, api_document()) == (200, first)


def test_another_document_is_a_conflict(manager: Caller) -> None:
    put(manager, OPENAPI, api_document())

    status, problem = put(manager, OPENAPI, api_document(tags=[{"name": "books"}]))

    assert (status, str(problem["detail"]).startswith("inventory 1.4.0 has another document already")) == (409, True)


def test_a_document_with_a_reference_outside_is_refused_with_the_place(manager: Caller) -> None:
    document = api_document(components={"schemas": {"Book": {"$ref": "https://example.org/book.json"}}})

    status, problem = put(manager, OPENAPI, document)

    assert (status, problem["errors"]) == (
        422,
        [
            {
                "loc": ["body", "openapi"],
                "msg": "components.schemas.Book.$ref points outside of the document (https://example.org/book.json); "
                "put that part into it.",
            }
        ],
    )


def test_a_document_that_is_too_large_is_refused(manager: Caller) -> None:
    assert put(manager, OPENAPI, api_document(info={"title": "x" * 1024 * 1024, "version": "1.4.0"}))[0] == 413


@pytest.mark.parametrize("body", [[], "text", 7])
def test_a_document_that_is_no_object_is_refused(manager: Caller, body: object) -> None:
    assert put(manager, OPENAPI, body)[0] == 422


def test_a_document_for_a_version_that_nobody_registered_is_not_found(manager: Caller) -> None:
    assert put(manager, "/services/inventory/versions/9.9.9/openapi", api_document())[0] == 404


def test_a_viewer_gives_no_document(viewer: Caller) -> None:
    assert put(viewer, OPENAPI, api_document())[0] == 403


def test_a_version_without_a_document_has_none_to_read(viewer: Caller) -> None:
    answer = viewer.get(OPENAPI)

    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no document of inventory 1.4.0.")


def test_a_build_is_announced_with_its_document_and_what_it_requires(manager: Caller) -> None:
    body = {"version": "3.2.0", "requires": {"bookverse-inventory": "^1.4.0"}, "openapi": api_document("3.2.0")}

    answer = manager.post("/services/web/versions", body)

    row = ServiceVersion.objects.get(service__slug="web", version="3.2.0")
    assert (answer.status_code, row.requires) == (201, {"inventory": "^1.4.0"})
    assert manager.get("/services/web/versions/3.2.0/openapi").json() == api_document("3.2.0")


def test_what_a_build_requires_is_judged_from_then_on(manager: Caller) -> None:
    manager.post("/services/web/versions", {"version": "3.2.0", "requires": {"inventory": "^1.4.0"}})

    judged = manager.post("/verdict", {"versions": {"web": "3.2.0"}}).json()

    assert [reason["required"] for reason in judged["reasons"] if reason["code"] == "range-broken"] == ["^1.4.0"]


@pytest.mark.parametrize(
    ("requires", "place"),
    [
        ({"payments": "^1.0.0"}, ["body", "requires", "payments"]),
        ({"inventory": "new"}, ["body", "requires", "inventory"]),
        ({"inventory": ""}, ["body", "requires", "inventory"]),
        ({"inventory": "1" * 257}, ["body", "requires", "inventory"]),
    ],
    ids=["stranger", "no range", "empty", "long"],
)
def test_a_requirement_that_is_refused_is_named(manager: Caller, requires: dict[str, str], place: list[str]) -> None:
    answer = manager.post("/services/web/versions", {"version": "3.2.0", "requires": requires})

    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, place)
