"""Small OpenAPI documents for tests of how they are given, fetched and shown."""

from __future__ import annotations

from typing import Any


def api_document(version: str = "1.4.0", **more: Any) -> dict[str, Any]:
    """Return the document of an inventory with one endpoint."""
    answer = {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}}
    place = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Inventory", "version": version},
        "paths": {"/api/v1/books/{id}": {"get": {"parameters": [place], "responses": {"200": answer}}}},
        "components": {"schemas": {"Book": {"type": "object", "properties": {"id": {"type": "string"}}}}},
        **more,
    }
