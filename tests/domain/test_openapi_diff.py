"""What a changed operation breaks for who calls it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releases.domain.contracts import Contract, Method
from tests.domain.api_documents import CONTRACT, Json, clauses, codes, document

ADDING = replace(CONTRACT, method=Method.POST, path="/books")


def changed(method: str = "get", path: str = "/books/{id}", /, **parts: Json) -> Json:
    """Return the bookshop's document with these parts of one operation put in the place of its own."""
    shown = document()
    shown["paths"][path][method].update(parts)
    return shown


def outcome(now: Json, then: Json | None = None, *, contract: Contract = CONTRACT) -> list[tuple[str, str]]:
    """Return what was found, nothing where the contract holds."""
    return [] if codes(now, then, contract=contract) == ["contract-holds"] else clauses(now, then, contract=contract)


def parameter(name: str, where: str = "query", **parts: Json) -> Json:
    return {"name": name, "in": where, "schema": {"type": "string"}, **parts}


LANG = document()["paths"]["/books/{id}"]["get"]["parameters"][0]


def test_nothing_changed_nothing_broke() -> None:
    assert codes(document()) == ["contract-holds"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ([LANG, parameter("page")], []),
        ([LANG, parameter("page", required=True)], [("schema-broken", "query parameter page is new and required.")]),
        ([{**LANG, "required": True}], [("schema-broken", "query parameter lang is now required.")]),
        ([], [("not-analysed", "query parameter lang is no longer described.")]),
        (
            [{**LANG, "schema": {"type": "string", "enum": ["en", "fr"]}}],
            [("schema-broken", "query parameter lang no longer admits de.")],
        ),
        ([{**LANG, "style": "form"}], [("not-analysed", "query parameter lang: style changed.")]),
        (
            [{"name": "lang", "in": "query", "content": {}}],
            [("not-analysed", "query parameter lang: content changed; query parameter lang: schema changed.")],
        ),
        ([{**LANG, "description": "In which language.", "deprecated": True}], []),
        ([LANG, parameter("id", "path", required=True)], []),
        ([LANG, parameter("other", "path", required=True)], [("not-analysed", "path parameter other is new.")]),
        ([{"in": "query"}], [("not-analysed", "a parameter cannot be read.")]),
        (["lang"], [("not-analysed", "a parameter cannot be read.")]),
        ("lang", [("not-analysed", "the parameters cannot be read.")]),
        ([{"$ref": "#/nowhere"}], [("not-analysed", "the reference #/nowhere leads nowhere.")]),
    ],
)
def test_a_parameter_may_be_added_but_not_demanded(parameters: Json, expected: list[tuple[str, str]]) -> None:
    now = changed(parameters=parameters)
    assert outcome(now) == expected


def test_a_header_is_the_same_in_capitals_and_a_query_parameter_is_not() -> None:
    then = changed(parameters=[parameter("X-Shop", "header", required=True)])
    assert codes(changed(parameters=[parameter("x-shop", "header", required=True)]), then) == ["contract-holds"]
    assert clauses(changed(parameters=[LANG, parameter("LANG", required=True)])) == [
        ("schema-broken", "query parameter LANG is new and required.")
    ]


def test_an_operation_overrides_the_parameters_of_its_path() -> None:
    now = changed(parameters=[LANG, {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}])
    assert clauses(now) == [("schema-broken", "path parameter 1 was string and is integer.")]


def test_a_body_may_be_offered_but_not_demanded() -> None:
    body = {"content": {"application/json": {"schema": {"type": "string"}}}}
    assert codes(changed(requestBody=body)) == ["contract-holds"]
    assert clauses(changed(requestBody={**body, "required": True})) == [
        ("schema-broken", "a request body is now required.")
    ]
    assert clauses(changed(requestBody={**body, "required": True}), changed(requestBody=body)) == [
        ("schema-broken", "a request body is now required.")
    ]
    assert codes(changed(requestBody=body), changed(requestBody={**body, "required": True})) == ["contract-holds"]


def test_a_body_that_is_no_longer_described_is_not_analysed() -> None:
    now = document()
    del now["paths"]["/books"]["post"]["requestBody"]
    assert clauses(now, contract=ADDING) == [("not-analysed", "the request body is no longer described.")]


def test_a_body_is_compared_as_what_is_sent() -> None:
    now = document()
    now["components"]["schemas"]["NewBook"]["required"] = ["title", "genre"]
    now["components"]["schemas"]["NewBook"]["properties"]["genre"]["enum"] = ["novel"]
    now["paths"]["/books"]["post"]["requestBody"]["x-note"] = "Ours."
    assert clauses(now, contract=ADDING) == [
        ("schema-broken", "the request: the property genre is now required; the request.genre no longer admits poetry.")
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"application/xml": {}}, [("schema-broken", "the request is no longer taken as application/json.")]),
        ({"*/*": {}}, [("not-analysed", "the request: application/json is no longer described by itself.")]),
        ({"Application/JSON": {"schema": {"$ref": "#/components/schemas/NewBook"}}, "text/csv": {}}, []),
        ({"application/json": {}}, [("not-analysed", "the request: schema changed.")]),
        ({"application/json": 7}, [("not-analysed", "the request: its content cannot be read.")]),
        (7, [("not-analysed", "the request: its content cannot be read.")]),
    ],
)
def test_a_media_type_may_be_added_but_not_removed(content: Json, expected: list[tuple[str, str]]) -> None:
    now = changed("post", "/books", requestBody={"required": True, "content": content})
    assert outcome(now, contract=ADDING) == expected


OK = document()["paths"]["/books/{id}"]["get"]["responses"]["200"]
GONE = document()["paths"]["/books/{id}"]["get"]["responses"]["404"]


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ({"404": GONE}, [("schema-broken", "answer 200 is gone.")]),
        (
            {"2XX": OK, "404": GONE},
            [("not-analysed", "answer 200 is no longer described by itself; answer 2XX is new.")],
        ),
        (
            {"default": OK, "404": GONE},
            [("not-analysed", "answer 200 is no longer described by itself; answer default changed.")],
        ),
        ({"200": OK, "202": OK, "404": GONE}, [("not-analysed", "answer 202 is new.")]),
        ({"200": OK}, [("not-analysed", "answer 404 changed.")]),
        ({"200": OK, "404": GONE, "429": GONE}, [("not-analysed", "answer 429 changed.")]),
        ({"200": OK, "404": {**GONE, "content": {}}}, [("not-analysed", "answer 404 changed.")]),
        ({"200": OK, "404": {"description": "Sold."}, "x-note": 1}, []),
        ({"200": {**OK, "headers": {"ETag": {}}}, "404": GONE}, [("not-analysed", "answer 200: headers changed.")]),
        (
            {"200": {"content": {"text/html": {}}}, "404": GONE},
            [("schema-broken", "answer 200 is no longer given as application/json.")],
        ),
        ({"200": None, "404": GONE}, [("not-analysed", "answer 200: it cannot be read.")]),
        ([], [("not-analysed", "the answers cannot be read.")]),
    ],
)
def test_an_answer_of_success_stays(responses: Json, expected: list[tuple[str, str]]) -> None:
    now = changed(responses=responses)
    assert outcome(now) == expected


def test_another_media_type_is_named_where_it_differs() -> None:
    def giving(kind: str) -> Json:
        return changed(responses={"200": {"content": {"text/csv": {"schema": {"type": kind}}}}})

    assert clauses(giving("array"), giving("string")) == [
        ("schema-broken", "answer 200 as text/csv was string and is array.")
    ]


def test_an_answer_that_refers_out_of_the_document_does_not_hide_the_next() -> None:
    then = changed(responses={"200": OK, "201": OK})
    assert clauses(changed(responses={"200": {"$ref": "elsewhere.yaml"}}), then) == [
        ("schema-broken", "answer 201 is gone."),
        ("not-analysed", "answer 200: the reference elsewhere.yaml leads out of the document."),
    ]


KEY: Json = [{"key": []}]
SHUT = "the caller must authenticate now."
OTHERWISE = "the caller must now authenticate otherwise."


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ([], KEY, [("schema-broken", SHUT)]),
        ([{}], KEY, [("schema-broken", SHUT)]),
        ([{}, *KEY], KEY, [("schema-broken", SHUT)]),
        (KEY, [], []),
        (KEY, [*KEY, {"oauth": ["read"]}], []),
        (KEY, [{"key": [], "oauth": []}], [("schema-broken", OTHERWISE)]),
        ([{"oauth": ["read"]}], [{"oauth": ["read", "write"]}], [("schema-broken", OTHERWISE)]),
        ([{"oauth": ["read", "write"]}], [{"oauth": ["read"]}], []),
        ([*KEY, {"oauth": []}], KEY, [("not-analysed", "one way to authenticate is gone.")]),
        (KEY, 7, [("not-analysed", "its security cannot be read.")]),
        (KEY, ["key"], [("not-analysed", "its security cannot be read.")]),
        (KEY, [{"key": None}], [("not-analysed", "its security cannot be read.")]),
    ],
)
def test_who_was_let_in_still_is(then: Json, now: Json, expected: list[tuple[str, str]]) -> None:
    before, after = changed(security=then), changed(security=now)
    assert outcome(after, before) == expected


def test_security_of_the_whole_document_counts_where_the_operation_says_nothing() -> None:
    secured = {**document(), "security": KEY}
    assert clauses(secured) == [("schema-broken", SHUT)]
    assert codes({**changed(security=[]), "security": KEY}) == ["contract-holds"]


def test_a_security_scheme_that_differs_is_not_analysed() -> None:
    def secured(where: str) -> Json:
        scheme = {"type": "apiKey", "in": where, "name": "key"}
        return {**changed(security=KEY), "components": {**document()["components"], "securitySchemes": {"key": scheme}}}

    assert codes(secured("header"), secured("header")) == ["contract-holds"]
    assert clauses(secured("query"), secured("header")) == [("not-analysed", "the security scheme key changed.")]
    assert codes({**secured("query"), "components": 7})[-1] == "not-analysed"


def test_anything_else_of_an_operation_that_differs_is_not_analysed() -> None:
    assert clauses(changed(callbacks={"paid": {}})) == [("not-analysed", "callbacks of the operation changed.")]
    assert codes(changed(summary="Shows it", tags=["x"], operationId="other", servers=[{"url": "/"}])) == [
        "contract-holds"
    ]


def test_only_the_first_five_of_many_differences_are_named() -> None:
    now = document()
    now["paths"]["/books/{id}"]["get"]["parameters"] += [parameter(name, required=True) for name in "abcdefg"]
    named = "; ".join(f"query parameter {name} is new and required" for name in "abcde")
    assert clauses(now) == [("schema-broken", f"{named}; and 2 more.")]
