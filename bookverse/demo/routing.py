"""A small ASGI application: a table of routes and one way to answer refusals."""

from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from bookverse.demo.exchange import Refusal, Request, Response

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answering: TypeAlias = Response | Awaitable[Response]
Handler: TypeAlias = Callable[[Request], Answering]

BODY_LIMIT = 64 * 1024
SAFE = {"content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One query or header parameter, for the OpenAPI document."""

    name: str
    place: str = "query"
    required: bool = False
    type: str = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route with a summary appears in the OpenAPI document; ``takes`` and ``gives`` name schemas there."""

    method: str
    path: str
    handle: Handler
    summary: str = ""
    parameters: tuple[Parameter, ...] = ()
    takes: str = ""
    gives: str = ""
    status: int = 200
    refuses: tuple[int, ...] = ()


class Application:
    """Handlers run on the event loop, so each that does not wait sees and leaves a consistent database."""

    def __init__(self, routes: Sequence[Route], *, answer_refusal: Callable[[Refusal], Response]) -> None:
        self._routes = [(route, _segments(route.path)) for route in routes]
        self._answer_refusal = answer_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            found = self._dispatch(await _read_request(scope, receive))
            response = await found if isawaitable(found) else found
        except Refusal as refusal:
            response = self._answer_refusal(refusal)
        await _send_response(response, send)

    def _dispatch(self, request: Request) -> Answering:
        found = dict(self._matching(request.path))
        if not found:
            raise Refusal(404, f"There is nothing at {request.path}.")
        method = "GET" if request.method == "HEAD" else request.method
        if method not in found:
            allow = ", ".join(sorted(found))
            raise Refusal(405, f"{request.path} allows {allow}.", headers={"allow": allow})
        route, parameters = found[method]
        return route.handle(replace(request, parameters=parameters))

    def _matching(self, path: str) -> Iterator[tuple[str, tuple[Route, dict[str, str]]]]:
        asked = _segments(path)
        for route, pattern in self._routes:
            parameters = _match(pattern, asked)
            if parameters is not None:
                yield route.method, (route, parameters)


def _segments(path: str) -> tuple[str, ...]:
    # A closing slash is tolerated everywhere, because clients of AppTrust disagree about it.
    return tuple(path.removesuffix("/").split("/"))


def _match(pattern: Sequence[str], asked: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(asked):
        return None
    parameters = {}
    for expected, given in zip(pattern, asked, strict=True):
        if expected.startswith("{") and given:
            # Decoded after splitting, so that an encoded slash stays inside its segment.
            parameters[expected.strip("{}")] = unquote(given)
        elif expected != given:
            return None
    return parameters


async def _read_request(scope: Scope, receive: Receive) -> Request:
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=await _read_body(receive),
    )


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            raise Refusal(413, f"The body is larger than {BODY_LIMIT} bytes.")
    return bytes(body)


async def _send_response(response: Response, send: Send) -> None:
    headers = {**SAFE, **response.headers, "content-length": str(len(response.body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": response.body})
