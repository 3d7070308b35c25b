"""One HTTP request and its answer, as the handlers of the simulated servers see them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

_PORT = re.compile(r":\d+$")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Refusal(Exception):
    """An answer other than success; ``field`` names the input that is at fault, where one is."""

    def __init__(self, status: int, message: str, *, field: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.headers = dict(headers or {})


def malformed(field: str, why: str) -> Refusal:
    return Refusal(422, why, field=field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Header names are lower case; of a repeated query parameter the last one counts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The host name that the caller used, without its port."""
        return _PORT.sub("", self.headers.get("host", "127.0.0.1"))

    @property
    def traceparent(self) -> str:
        """The caller's trace as W3C writes it, empty where there is none."""
        given = self.headers.get("traceparent", "")
        return given if _TRACEPARENT.fullmatch(given) else ""

    def json(self) -> dict[str, object]:
        """Return the body as a JSON object; refuses with 422 whatever is not one."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError) as why:
            reason = "The body is not JSON."
            raise malformed("body", reason) from why
        if not isinstance(document, dict):
            reason = "The body must be a JSON object."
            raise malformed("body", reason)
        return document

    def form(self) -> dict[str, object]:
        pairs = parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return dict(pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(document: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(document, separators=(",", ":")).encode()
    return Response(status=status, body=body, headers={"content-type": "application/json", **(headers or {})})


def text_answer(text: str) -> Response:
    return Response(body=text.encode(), headers={"content-type": "text/plain; charset=utf-8"})


def html_answer(html: str, *, status: int = 200) -> Response:
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
        "cache-control": "no-store",
    }
    return Response(status=status, body=html.encode(), headers=headers)


def see_other(location: str) -> Response:
    return Response(status=303, headers={"location": location})


def fault_answer(refusal: Refusal) -> Response:
    """Answer a refusal as the services do: ``detail``, and ``errors`` with the location where one is known."""
    document: dict[str, object] = {"detail": refusal.message}
    if refusal.field:
        document["errors"] = [{"loc": [refusal.field], "msg": refusal.message}]
    return json_answer(document, status=refusal.status, headers=refusal.headers)
