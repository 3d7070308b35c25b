"""The OpenAPI 3.1 document of one service, made from its own routes."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from bookverse.demo.routing import Parameter, Route
from bookverse.demo.service.schemas import SCHEMAS, Schema, named

_REFERENCE = re.compile(r"#/components/schemas/(\w+)")


def openapi_document(*, service: str, version: str, routes: Iterable[Route]) -> Schema:
    """Only routes with a summary are described, and only the schemas that they reach are included."""
    paths: dict[str, dict[str, Schema]] = {}
    for route in routes:
        if route.summary:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"BookVerse {service}", "version": version},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": _reached(paths)},
    }


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "parameters": [*_path_parameters(route.path), *map(_parameter, route.parameters)],
        "responses": _responses(route),
    }
    if route.takes:
        operation["requestBody"] = {"required": True, "content": _json_content(route.takes)}
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"\w+", route.path)
    return "_".join([route.method.lower(), *words])


def _path_parameters(path: str) -> list[Schema]:
    return [_parameter(Parameter(name=name, place="path", required=True)) for name in re.findall(r"{(\w+)}", path)]


def _parameter(parameter: Parameter) -> Schema:
    schema = {"type": parameter.type}
    return {"name": parameter.name, "in": parameter.place, "required": parameter.required, "schema": schema}


def _responses(route: Route) -> Schema:
    answers = {route.status: route.gives, **dict.fromkeys(route.refuses, "Fault")}
    return {str(status): _response(status, schema) for status, schema in sorted(answers.items())}


def _response(status: int, schema: str) -> Schema:
    description: Schema = {"description": HTTPStatus(status).phrase}
    return {**description, "content": _json_content(schema)} if schema else description


def _json_content(schema: str) -> Schema:
    return {"application/json": {"schema": named(schema)}}


def _reached(document: object) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    waiting = set(_REFERENCE.findall(repr(document)))
    while waiting:
        name = waiting.pop()
        found[name] = SCHEMAS[name]
        waiting |= set(_REFERENCE.findall(repr(SCHEMAS[name]))) - set(found)
    return dict(sorted(found.items()))
