"""A small bookshop's interface, from which the tests take away and change."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from releases.domain.contracts import BreakingChange, Contract, Method, check_contract
from releases.domain.rules import Rules
from releases.domain.versions import parse

Json = Any

BOOK: Json = {
    "type": "object",
    "required": ["id", "title", "state"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string", "description": "As on the cover."},
        "price": {"type": "number", "nullable": False},
        "state": {"type": "string", "enum": ["in stock", "sold out"]},
    },
}
CONTRACT = Contract(
    id=4, consumer="checkout", provider="inventory", method=Method.GET, path="/books/{id}", built_for="1.2.3"
)


def document(**paths: Json) -> Json:
    """Return the interface; each keyword puts something in the place of a path, spelt with its slashes."""
    shown = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {
            "operationId": "show_book",
            "parameters": [{"name": "lang", "in": "query", "schema": {"type": "string", "enum": ["de", "en"]}}],
            "responses": {
                "200": {
                    "description": "The book",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}},
                },
                "404": {"description": "No such book"},
            },
        },
    }
    added = {
        "post": {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewBook"}}},
            },
            "responses": {"201": {"description": "Added"}},
        }
    }
    new_book = {
        "type": "object",
        "required": ["title"],
        "properties": {"title": {"type": "string"}, "genre": {"type": "string", "enum": ["novel", "poetry"]}},
    }
    return deepcopy(
        {
            "openapi": "3.0.3",
            "info": {"title": "Inventory", "version": "1.2.3"},
            "paths": {"/books/{id}": shown, "/books": added, **paths},
            "components": {"schemas": {"Book": BOOK, "NewBook": new_book}},
        }
    )


TEXT: Json = {"type": "string"}


def record(required: list[str], **properties: Json) -> Json:
    return {"type": "object", "required": required, "properties": properties}


def answering(schema: Json, openapi: str = "3.0.3") -> Json:
    """Return a document whose one endpoint answers 200 with this schema."""
    answer = {"description": "", "content": {"application/json": {"schema": schema}}}
    return {"openapi": openapi, "paths": {"/books/{id}": {"get": {"responses": {"200": answer}}}}}


def taking(schema: Json, openapi: str = "3.0.3") -> Json:
    """Return a document whose one endpoint takes this schema."""
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}
    return {"openapi": openapi, "paths": {"/books/{id}": {"get": operation}}}


def rules_of(documents: dict[str, Json], *changes: BreakingChange) -> Rules:
    return Rules(documents={"inventory": documents}, breaking_changes=changes)


def found(
    now: Json, then: Json | None = None, *, contract: Contract = CONTRACT, version: str = "2.0.0"
) -> list[tuple[str, str]]:
    """Check the contract against ``now``, with ``then`` as what the consumer was built for; codes and sentences."""
    documents = {"1.2.3": document() if then is None else then, version: now}
    reasons = check_contract(contract, rules_of(documents), parse(version))
    return [(reason.code, reason.text) for reason in reasons]


def codes(now: Json, then: Json | None = None, *, contract: Contract = CONTRACT, version: str = "2.0.0") -> list[str]:
    return [code for code, _ in found(now, then, contract=contract, version=version)]


def clauses(now: Json, then: Json | None = None, *, contract: Contract = CONTRACT) -> list[tuple[str, str]]:
    """Like ``found``, without the part of each sentence that is always the same."""
    return [(code, text.split(": ", 1)[1]) for code, text in found(now, then, contract=contract)]
