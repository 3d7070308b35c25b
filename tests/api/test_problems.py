from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.test import RequestFactory
from django.urls import reverse

from releases.api.board_api import api

if TYPE_CHECKING:
    from tests.api.calling import Caller


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("server closed the connection"), 503),
        (InterfaceError("connection already closed"), 503),
        (DataError("out of range"), 422),
        (IntegrityError("duplicate key"), 409),
    ],
)
def test_what_the_database_refuses_is_never_a_fault_of_the_board(error: Exception, status: int) -> None:
    answer = api.on_exception(RequestFactory().get("/"), error)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert str(error).encode() not in answer.content


def test_a_service_is_told_when_to_repeat_while_the_database_is_away() -> None:
    answer = api.on_exception(RequestFactory().get("/"), OperationalError())
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("path", ["/nowhere", "/services/inventory/nothing", "/releases/1.0.0/"])
def test_an_address_that_is_none_gets_a_problem(nobody: Caller, path: str) -> None:
    for answer in (nobody.get(path), nobody.post(path, {})):
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_problem_has_the_members_of_rfc_9457(viewer: Caller) -> None:
    assert viewer.get("/releases/9.9.9").json() == {
        "type": "urn:bookverse:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no release 9.9.9.",
    }


def test_the_document_describes_every_refusal_of_every_operation() -> None:
    document = api.get_openapi_schema()
    described = {
        (path, verb): {int(status) for status in operation["responses"]}
        for path, operations in document["paths"].items()
        for verb, operation in operations.items()
    }
    incomplete = [
        where for where, statuses in described.items() if not {401, 403, 404, 409, 413, 422, 429, 503} <= statuses
    ]
    assert (incomplete, bool(described)) == ([], True)


@pytest.mark.parametrize(("name", "status"), [("openapi-json", 302), ("openapi-view", 302)])
def test_the_documentation_is_for_who_may_look(nobody: Caller, viewer: Caller, name: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {viewer.token}"}
    answers = [nobody.client.get(reverse(f"api:{name}"), headers=sent) for sent in ({}, headers)]
    assert [answer.status_code for answer in answers] == [status, 200]


def test_the_documentation_page_needs_no_other_machine(viewer: Caller) -> None:
    page = viewer.client.get(reverse("api:openapi-view"), headers={"Authorization": f"Bearer {viewer.token}"})
    assert (page.status_code, b"https://" in page.content) == (200, False)
