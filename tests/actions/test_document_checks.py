"""Judging OpenAPI documents before they are kept."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.actions import document_checks
from releases.actions.document_checks import DocumentRefused, check_document
from tests.openapi_documents import api_document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(DocumentRefused) as refused:
        check_document(document)
    assert refused.value.field == "openapi"
    return refused.value.message


def with_schemas(**schemas: Any) -> dict[str, Any]:
    return api_document(components={"schemas": {"Book": {"type": "object"}, **schemas}})


@pytest.mark.parametrize("spoken", ["3.0.3", "3.1.0", "3.1.1"])
def test_a_valid_document_is_returned_as_it_is(spoken: str) -> None:
    document = api_document(openapi=spoken)

    assert check_document(document).content == document


def test_the_order_of_keys_does_not_change_the_sha256() -> None:
    document = api_document()

    turned = dict(reversed(document.items()))

    assert check_document(turned).sha256 == check_document(document).sha256


def test_another_content_has_another_sha256() -> None:
    assert check_document(api_document("1.4.0")).sha256 != check_document(api_document("1.4.1")).sha256


@pytest.mark.parametrize(
    "document",
    [{}, {"swagger": "2.0"}, api_document(openapi="2.0"), api_document(openapi="4.0.0"), api_document(openapi=3.1)],
    ids=["empty", "swagger", "openapi 2", "openapi 4", "number"],
)
def test_what_is_no_openapi_3_is_refused(document: dict[str, Any]) -> None:
    assert refusal(document) == "This is no OpenAPI 3.0 or 3.1 document: its field openapi says no such version."


@pytest.mark.parametrize("spoken", ["3.0.3", "3.1.0"])
def test_what_is_wrong_is_named_with_its_place(spoken: str) -> None:
    document = api_document(openapi=spoken, info={"title": "Inventory", "version": 7})

    assert refusal(document) == "info.version: 7 is not of type 'string'"


@pytest.mark.parametrize("spoken", ["3.0.3", "3.1.0"])
def test_a_schema_of_no_known_type_is_refused(spoken: str) -> None:
    document = with_schemas(Author={"type": "person"}) | {"openapi": spoken}

    assert "'person' is not" in refusal(document)


def test_a_schema_of_another_dialect_is_refused() -> None:
    document = with_schemas(Author={"$schema": "http://json-schema.org/draft-04/schema#"})

    assert refusal(document).endswith("A schema of a dialect other than OpenAPI's own cannot be judged")


def test_a_parameter_of_the_path_that_is_not_described_is_refused() -> None:
    paths = {"/books/{id}": {"get": {"responses": {"200": {"description": "OK"}}}}}

    assert refusal(api_document(paths=paths)) == (
        "The document: Path parameter 'id' for 'get' operation in '/books/{id}' was not resolved"
    )


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:9/book.json", "book.json#/Book", "file:///etc/hostname", "/a", ""]
)
@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_a_reference_to_the_outside_is_refused_with_its_place(keyword: str, target: str) -> None:
    document = with_schemas(Author={"properties": {"book": {keyword: target}}})

    assert refusal(document) == (
        f"components.schemas.Author.properties.book.{keyword} points outside of the document ({target}); "
        "put that part into it."
    )


def test_a_name_of_the_inside_that_leads_outside_is_never_fetched() -> None:
    opened: list[str] = []
    sys.addaudithook(lambda event, _: opened.append(event) if event == "urllib.Request" else None)
    author = {"$id": "http://127.0.0.1:9/author", "properties": {"book": {"$ref": "#/elsewhere"}}}
    document = with_schemas(Author=author, Shelf={"$ref": "#/components/schemas/Author/properties/book"})

    assert (refusal(document), opened) == ("The document refers to /elsewhere, which it does not hold.", [])


def test_a_reference_to_nothing_is_refused() -> None:
    paths = {"/books": {"get": {"responses": {"200": {"$ref": "#/components/responses/Books"}}}}}

    assert refusal(api_document(paths=paths)) == (
        "The document refers to /components/responses/Books, which it does not hold."
    )


def test_schemas_may_contain_each_other() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    document = with_schemas(Node=node)

    assert check_document(document).content == document


def test_schemas_that_are_nothing_but_each_other_are_refused() -> None:
    document = with_schemas(A={"$ref": "#/components/schemas/B"}, B={"$ref": "#/components/schemas/A"})

    assert refusal(document) == "The document's schemas contain themselves in a way that cannot be followed."


def test_a_short_document_that_expands_without_end_is_judged_in_no_time() -> None:
    doubling = {f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 2} for n in range(60)}
    document = with_schemas(**doubling, S60={"type": "object"})

    assert check_document(document).content == document


def test_a_pattern_that_takes_for_ever_is_not_tried() -> None:
    document = with_schemas(Slow={"type": "string", "pattern": "^(a+)+$", "default": "a" * 60 + "!"})

    assert check_document(document).content == document


@pytest.mark.parametrize("text", ["\0", "\ud800"])
def test_text_that_no_database_stores_is_refused(text: str) -> None:
    document = api_document(info={"title": text, "version": "1.4.0"})

    assert refusal(document) == "info.title holds NUL or half a surrogate pair, which cannot be stored."


@pytest.mark.parametrize("text", ["\0", "\ud800"])
def test_a_name_that_no_database_stores_is_refused(text: str) -> None:
    assert refusal(with_schemas(**{text: {}})) == "A name holds NUL or half a surrogate pair, which cannot be stored."


def test_a_document_that_is_nested_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(document_checks.MAX_DEPTH):
        deep = {"items": deep}

    assert refusal(with_schemas(Deep=deep)) == "The document is nested more than 60 levels deep."


def test_a_document_of_too_many_values_is_refused() -> None:
    many = {"enum": list(range(document_checks.MAX_VALUES))}

    assert refusal(with_schemas(Many=many)) == "The document holds more than 30,000 values."


def test_a_document_of_too_many_bytes_is_refused() -> None:
    document = api_document(info={"title": "x" * document_checks.MAX_BYTES, "version": "1.4.0"})

    assert refusal(document).endswith(" bytes; 1,048,576 are kept at most.")


@given(paths=JSON, components=JSON)
def test_whatever_comes_is_kept_or_refused(paths: object, components: object) -> None:
    document = api_document(paths=paths, components=components)
    with suppress(DocumentRefused):
        assert check_document(document).content == document
