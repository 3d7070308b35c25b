"""An OpenTelemetry collector on loopback that decodes and keeps the spans it gets, and the bytes that they came in."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One span; ``parent`` is empty for the first of a trace."""

    process: str
    trace: str
    span: str
    parent: str
    name: str
    kind: int
    is_error: bool
    attributes: Mapping[str, str]
    events: tuple[str, ...]


@dataclass(slots=True)
class Collector:
    url: str
    raw: bytearray = field(default_factory=bytearray)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    spans: list[Told] = field(default_factory=list)

    def take(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.raw += body
        self.headers.append(headers)
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            process = _attributes(resource.resource.attributes)["service.name"]
            self.spans += [_told(process, span) for scope in resource.scope_spans for span in scope.spans]

    def found(self, is_it: Callable[[Told], bool]) -> list[Told]:
        return [span for span in list(self.spans) if is_it(span)]

    def below(self, above: Told) -> list[Told]:
        return self.found(lambda span: span.parent == above.span)


def _told(process: str, span: Span) -> Told:
    return Told(
        process=process,
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        kind=span.kind,
        is_error=span.status.code == span.status.STATUS_CODE_ERROR,
        attributes=_attributes(span.attributes),
        events=tuple(event.name for event in span.events),
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, str]:
    return {pair.key: pair.value.string_value or str(pair.value.int_value) for pair in pairs}


@contextmanager
def collector() -> Iterator[Collector]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.take(body, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Keep the console quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
