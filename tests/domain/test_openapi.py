"""Endpoints are found as a router would find them, whatever else the document holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.contracts import Method
from releases.domain.openapi import covers, normal, read
from releases.domain.references import Unreadable

if TYPE_CHECKING:
    from tests.domain.api_documents import Json


def describing(*paths: str, openapi: str = "3.1.0", **parts: Json) -> Json:
    return {"openapi": openapi, "paths": {path: {"get": {}} for path in paths}, **parts}


def template(document: Json, path: str, method: Method = Method.GET) -> str | None:
    operation = read(document).find(method, path)
    return operation.template if operation else None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/books/{id}", "/books/{book}"),
        ("/books/42", "/books/{book}"),
        ("/books/new", "/books/new"),
        ("/books/old/pages", "/books/{book}/pages"),
        ("/books/new/pages", "/books/new/{part}"),
        ("/books/{id}/{part}", None),
        ("/books/", None),
        ("/books", None),
        ("/files/a.json", "/files/{name}.json"),
        ("/files/{name}.json", "/files/{name}.json"),
        ("/files/.json", None),
        ("/files/{name}", None),
        ("/v1/2024-05-01", "/v1/{year}-{month}-{day}"),
        ("/shelf-7", "/shelf-{number}"),
        ("/box-7", None),
        ("/v1/2024-05", None),
        ("/v1/2024--05", None),
    ],
)
def test_a_concrete_path_beats_a_templated_one_and_names_of_parameters_do_not_count(
    path: str, expected: str | None
) -> None:
    document = describing(
        "/books/{book}",
        "/books/new",
        "/books/{book}/pages",
        "/books/new/{part}",
        "/files/{name}.json",
        "/shelf-{number}",
        "/v1/{year}-{month}-{day}",
    )
    assert template(document, path) == expected


def test_a_concrete_path_that_lacks_the_method_is_not_passed_over() -> None:
    document = {"openapi": "3.0.0", "paths": {"/books/{id}": {"get": {}}, "/books/new": {"post": {}}}}
    assert template(document, "/books/new") is None
    assert template(document, "/books/new", Method.POST) == "/books/new"


def test_one_path_under_two_names_is_one_path() -> None:
    document = {"openapi": "3.0.0", "paths": {"/books/{id}": {"get": {}}, "/books/{key}": {"get": {}, "put": {}}}}
    assert template(document, "/books/{x}") == "/books/{id}"
    assert template(document, "/books/{x}", Method.PUT) == "/books/{key}"


@pytest.mark.parametrize(
    "servers",
    [
        [{"url": "/api/v1"}],
        [{"url": "https://shop.example/api/v1/"}],
        [{"url": "api/v1"}],
        [{"url": "https://{host}/api/{version}", "variables": {"version": {"default": "v1"}}}],
        [{"url": "/other"}, {"url": "/api/v1?x=1"}],
    ],
)
@pytest.mark.parametrize("path", ["/books", "/api/v1/books"])
def test_the_path_of_a_server_may_be_written_or_left_out(servers: Json, path: str) -> None:
    assert template(describing("/books", servers=servers), path) == "/books"


@pytest.mark.parametrize("servers", [[], None, "/api", [7], [{}], [{"url": 7}], [{"url": "http://[x"}], [{"url": ""}]])
def test_servers_that_say_nothing_add_no_prefix(servers: Json) -> None:
    document = describing("/books", servers=servers)
    assert (template(document, "/books"), template(document, "/api/books")) == ("/books", None)


def test_a_path_or_an_operation_may_have_servers_of_its_own() -> None:
    document = {
        "openapi": "3.1.0",
        "servers": [{"url": "/v1"}],
        "paths": {"/books": {"servers": [{"url": "/v2"}], "get": {}, "put": {"servers": [{"url": "/v3"}]}}},
    }
    found = {
        f"{method} {path}": template(document, path, method)
        for method in (Method.GET, Method.PUT)
        for path in ("/v1/books", "/v2/books", "/v3/books")
    }
    assert [each for each, spelling in found.items() if spelling] == ["GET /v2/books", "PUT /v3/books"]


def test_a_server_variable_without_a_default_stands_for_anything() -> None:
    document = describing("/books", servers=[{"url": "/{region}", "variables": {"region": 7}}])
    assert (template(document, "/eu/books"), template(document, "/eu/x/books")) == ("/books", None)


def test_a_path_may_be_a_reference() -> None:
    document = {
        "openapi": "3.1.0",
        "paths": {"/books": {"$ref": "#/components/pathItems/books"}},
        "components": {"pathItems": {"books": {"get": {}}}},
    }
    assert template(document, "/books") == "/books"


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ({"$ref": "paths.yaml#/books"}, "the reference paths.yaml#/books leads out of the document"),
        (7, "the path /books cannot be read"),
        ({"get": 7}, "an operation of /books cannot be read"),
    ],
)
def test_an_endpoint_that_cannot_be_read_is_not_taken_for_missing(item: Json, why: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        template({"openapi": "3.1.0", "paths": {"/books": item}}, "/books")
    assert str(refusal.value) == why


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([], "the document is not OpenAPI 3.0 or 3.1"),
        ({}, "the document is not OpenAPI 3.0 or 3.1"),
        ({"swagger": "2.0", "paths": {}}, "the document is not OpenAPI 3.0 or 3.1"),
        ({"openapi": 3.1}, "the document is not OpenAPI 3.0 or 3.1"),
        ({"openapi": "3.1.0", "paths": []}, "its paths cannot be read"),
        (
            {"openapi": "3.1.0", "servers": [{"url": "/"}] * 33, "paths": {}},
            "the document names more than 32 servers",
        ),
    ],
)
def test_a_document_that_is_none_says_why(document: Json, why: str) -> None:
    for _ in range(2):
        with pytest.raises(Unreadable) as refusal:
            read(document)
        assert str(refusal.value) == why


def test_a_document_without_paths_has_no_endpoints() -> None:
    assert template({"openapi": "3.1.0"}, "/books") is None


def test_what_is_no_path_is_left_out() -> None:
    document = {"openapi": "3.1.0", "paths": {"x-books": {"get": {}}, 7: {"get": {}}, "/a": {"get": {}, "x-b": 1}}}
    assert list(read(document).endpoints) == ["/a"]


def test_a_document_is_read_once_and_two_that_are_alike_are_two() -> None:
    document = describing("/books")
    assert read(document) is read(document)
    assert read(document) is not read(describing("/books"))


def test_a_hostile_template_takes_no_longer_than_a_kind_one() -> None:
    assert covers(normal("/" + "{a}x" * 5_000), "/" + "x" * 9_999) is False
    assert covers(normal("/" + "{a}x" * 5_000), "/" + "x" * 10_000) is True
