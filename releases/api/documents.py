"""The OpenAPI document: what ninja works out, and the refusals that every operation has in common."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from releases.api.problems import MEDIA_TYPE, Problem

REFUSALS = {
    HTTPStatus.UNAUTHORIZED: "No valid credentials.",
    HTTPStatus.FORBIDDEN: "The caller may not do this; the detail names the role or scope that is missing.",
    HTTPStatus.NOT_FOUND: "Nothing goes by that name.",
    HTTPStatus.CONFLICT: "Not in the present state, or the verdict refuses: then with reasons.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is over 1 MiB, that of a callback over 64 KiB.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Malformed; errors say where and what.",
    HTTPStatus.TOO_MANY_REQUESTS: "More than the board takes from one caller; come again after Retry-After seconds.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database is away for a moment; try again after Retry-After seconds.",
}
REF = "#/components/schemas/{model}"


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Add the refusals to every operation."""
    schema = Problem.model_json_schema(ref_template=REF)
    document["components"]["schemas"] |= schema.pop("$defs") | {"Problem": schema}
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, description in REFUSALS.items():
                operation["responses"].setdefault(int(status), _refusal(description))
    return document


def _refusal(description: str) -> dict[str, object]:
    content = {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}
    return {"description": description, "content": content}
