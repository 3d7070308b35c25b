"""What the consumer itself says it sends and reads, held against the provider's document."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.api_documents import CONTRACT, TEXT, Json, answering, clauses, codes, record, taking


def test_a_contract_states_what_the_consumer_sends() -> None:
    sends = replace(CONTRACT, built_for="", request_schema=record(["title"], title=TEXT, note=TEXT))
    taken = record(["title"], title=TEXT, note=TEXT, extra=TEXT)
    needed = record(["title", "extra"], title={"type": "integer"}, note=TEXT, extra=TEXT)
    assert codes(taking(taken), contract=sends) == ["contract-holds"]
    assert clauses(taking(needed), contract=sends) == [
        (
            "schema-broken",
            "the request: the property extra is now required; the request.title was string and is integer.",
        )
    ]
    assert clauses(taking(record(["title"], title={"type": "string", "maxLength": 5}, note=TEXT)), contract=sends) == [
        ("not-analysed", "the request.title: maxLength differs.")
    ]


def test_a_contract_states_what_the_consumer_reads_and_the_rest_is_of_no_matter() -> None:
    reads = replace(CONTRACT, built_for="", response_schema={"required": ["id"], "properties": {"id": {}, "tags": {}}})
    tags = {"type": "array", "items": TEXT}
    given = {"type": "object", **record(["id", "x"], id={"type": "string", "format": "uuid"}, x=TEXT, tags=tags)}
    assert codes(answering(given), contract=reads) == ["contract-holds"]
    assert clauses(answering(record([], id=TEXT, x=TEXT)), contract=reads) == [
        ("schema-broken", "answer 200: the property tags is gone; answer 200: the property id may now be absent.")
    ]


def test_a_contract_that_states_a_bound_wants_it_kept() -> None:
    reads = replace(CONTRACT, built_for="", response_schema={"type": "string", "format": "uuid"})
    assert clauses(answering({"type": "string", "format": "date"}), contract=reads) == [
        ("not-analysed", "answer 200: format differs.")
    ]


def test_a_contract_may_be_held_against_its_schemas_and_the_version_it_is_built_for() -> None:
    reads = replace(CONTRACT, response_schema=record([], a=TEXT))
    assert clauses(answering(record([])), answering(record([], b=TEXT)), contract=reads) == [
        ("schema-broken", "answer 200: the property b is gone; answer 200: the property a is gone.")
    ]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({}, "the request describes no JSON"),
        ({"requestBody": 7}, "the request body cannot be read"),
        ({"requestBody": {"content": {"text/plain": {"schema": TEXT}}}}, "the request describes no JSON"),
        ({"requestBody": {"content": {"application/json": {}}}}, "the request describes no JSON"),
    ],
)
def test_what_is_sent_where_no_json_is_described_is_not_analysed(now: Json, why: str) -> None:
    sends = replace(CONTRACT, built_for="", request_schema=TEXT)
    document = {"openapi": "3.0.3", "paths": {"/books/{id}": {"get": now}}}
    assert clauses(document, contract=sends) == [("not-analysed", f"{why}.")]


@pytest.mark.parametrize(
    ("responses", "why"),
    [
        ({"204": {"description": ""}}, "no answer of success describes a body"),
        ({"200": {"content": {"text/html": {}}}}, "answer 200 describes no JSON"),
        ({"200": 7}, "answer 200 cannot be read"),
    ],
)
def test_what_is_read_where_no_json_is_described_is_not_analysed(responses: Json, why: str) -> None:
    reads = replace(CONTRACT, built_for="", response_schema=TEXT)
    document = {"openapi": "3.0.3", "paths": {"/books/{id}": {"get": {"responses": responses}}}}
    assert clauses(document, contract=reads) == [("not-analysed", f"{why}.")]


def test_every_kind_of_json_is_json_and_a_contract_schema_must_be_an_object() -> None:
    reads = replace(CONTRACT, built_for="", response_schema=TEXT)
    content = {"application/problem+json; charset=utf-8": {"schema": TEXT}}
    document = {"openapi": "3.0.3", "paths": {"/books/{id}": {"get": {"responses": {"2XX": {"content": content}}}}}}
    assert codes(document, contract=reads) == ["contract-holds"]
    strange: Json = ["string"]
    assert clauses(document, contract=replace(reads, response_schema=strange)) == [
        ("not-analysed", "the contract's own schema is no object.")
    ]
