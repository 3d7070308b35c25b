"""What two documents of one service say that the other does not."""

from __future__ import annotations

from typing import Any

from releases.domain.api_changes import ApiChanges, api_changes


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "Inventory", "version": "1.0.0"}, "paths": paths, **more}


def answers(*codes: str) -> dict[str, Any]:
    return {"responses": {code: {"description": "OK"} for code in codes}}


def test_an_endpoint_is_gone_or_new_by_its_path_and_method() -> None:
    before = document({"/books/{id}": {"get": answers("200"), "delete": answers("204")}})
    after = document({"/books/{isbn}": {"get": answers("200"), "put": answers("200")}})
    assert api_changes(before, after) == ApiChanges(
        breaks=("DELETE /books/{id} is gone",), additions=("PUT /books/{isbn}",)
    )


def test_an_endpoint_that_stays_is_compared() -> None:
    before, after = document({"/books": {"get": answers("200")}}), document({"/books": {"get": answers("201", "404")}})
    assert api_changes(before, after) == ApiChanges(
        breaks=("GET /books: answer 200 is gone",),
        unanalysed=("GET /books: answer 201 is new", "GET /books: answer 404 changed"),
    )


def test_endpoints_are_called_by_their_whole_path_in_its_order() -> None:
    server = {"servers": [{"url": "https://books.example/api/v1"}]}
    after = document(
        {"/b/{id}": {"get": answers("200")}, "/a": {"post": answers("200"), "get": answers("200")}}, **server
    )
    assert api_changes(document({}), after) == ApiChanges(
        additions=("GET /api/v1/a", "POST /api/v1/a", "GET /api/v1/b/{id}")
    )


def test_the_same_document_changes_nothing() -> None:
    same = document({"/books": {"get": answers("200")}})
    assert api_changes(same, document({"/books": {"get": answers("200")}})) == ApiChanges()


def test_what_cannot_be_read_is_not_analysed() -> None:
    swagger = {"swagger": "2.0"}
    assert api_changes(swagger, document({})) == ApiChanges(unanalysed=("the document is not OpenAPI 3.0 or 3.1",))


def test_an_operation_that_cannot_be_read_is_not_taken_for_the_same() -> None:
    broken, sound = document({"/books": {"get": "later"}}), document({"/books": {"get": answers("200")}})
    clause = "GET /books: an operation of /books cannot be read"
    assert api_changes(broken, sound) == ApiChanges(unanalysed=(clause,))
    assert api_changes(sound, broken) == ApiChanges(unanalysed=(clause,))
    assert api_changes(document({}), broken) == ApiChanges(additions=("GET /books",))
