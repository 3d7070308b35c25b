"""What the board's spans are: requests, tasks, duties of the sweeper, and below them statements and calls."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from time import time_ns
from typing import TYPE_CHECKING, Any, Self

import httpx2
from django.db.backends.signals import connection_created
from opentelemetry import context, trace
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.trace import NonRecordingSpan, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.contextvars import get_contextvars

from bookverse.collector import Collector
from releases.models import Pulse
from releases.tracing import Tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from django.db.backends.base.base import BaseDatabaseWrapper
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

# Without baggage: what a stranger's request carries is handed to nobody.
PROPAGATOR = TraceContextTextMapPropagator()
NAMES = ("release", "stage", "service", "correlation_id", "request_id")
LONGEST_STATEMENT = 2000
# Values are parameters, which are never told; this is for what somebody writes into a statement all the same.
_LITERAL = re.compile(r"'(?:[^']|'')*'")
# Every look of a sweeper notes that it looked, which is no work.
_WORK = re.compile(rf'(?!UPDATE "{Pulse._meta.db_table}"|INSERT INTO "{Pulse._meta.db_table}")(INSERT|UPDATE|DELETE)')


class Duty:
    """One look of the sweeper; its span begins when the look does, but only once there is something to do."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = time_ns()
        self.span: Span | None = None
        self.lock = threading.Lock()


_DUTY: ContextVar[Duty | None] = ContextVar("duty", default=None)


class Spans(Tracing):
    """Tells a collector. A statement or call is told where it belongs to a request, a task or a duty."""

    is_on = True

    def __init__(self, process: str) -> None:
        self._collector = Collector(process)
        connection_created.connect(self._watch_connection)

    @contextmanager
    def entering(
        self, name: str, kind: SpanKind, carrier: Mapping[str, str], **attributes: str | int
    ) -> Iterator[Span]:
        """Make a span that what happens meanwhile belongs to; ``carrier`` may name whose part it is."""
        parent = PROPAGATOR.extract(carrier, context.Context())
        span = self._collector.tracer.start_span(name, parent, kind, {**about(), **attributes})
        with _ended(span), trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield span

    @contextmanager
    def duty(self, name: str) -> Iterator[None]:
        """Surround one look of a sweeper's duty, which is told when it had something to do."""
        duty = Duty(name)
        token = _DUTY.set(duty)
        try:
            yield
        except Exception as failure:
            failed(self._begun(duty), failure)
            raise
        finally:
            _DUTY.reset(token)
            if duty.span is not None:
                duty.span.end()

    def note(self, event: str = "", /, **names: object) -> None:
        """Add to the request's, task's or duty's span what it is about, and what has just happened."""
        span = self._entry()
        if span is not None and span.is_recording():
            attributes = {f"bookverse.{name}": str(value) for name, value in names.items()}
            span.set_attributes(attributes)
            if event:
                span.add_event(event, attributes)

    def carried(self) -> Mapping[str, str]:
        """Return ``traceparent`` of the work at hand."""
        return _carried(self._entry())

    def ids(self) -> Mapping[str, str]:
        """Return ``trace_id`` and ``span_id`` of the work at hand, nothing where it is not recorded."""
        span = self._entry()
        if span is None or not span.is_recording():
            return {}
        ids = span.get_span_context()
        return {"trace_id": trace.format_trace_id(ids.trace_id), "span_id": trace.format_span_id(ids.span_id)}

    @contextmanager
    def calling(
        self, name: str, attributes: Mapping[str, str | int] | None = None, within: Mapping[str, str] | None = None
    ) -> Iterator[Span]:
        """Make a span of something that is asked of somebody else; ``within`` may name a trace that it is part of."""
        span = self._collector.tracer.start_span(
            name, self._parent(within or {}), SpanKind.CLIENT, {**about(), **(attributes or {})}
        )
        with _ended(span):
            yield span

    def _parent(self, within: Mapping[str, str]) -> Context:
        duty = _DUTY.get()
        entry = self._entry() or (None if duty is None else self._begun(duty))
        named = PROPAGATOR.extract(within, context.Context())
        trace_id = trace.get_current_span(named).get_span_context().trace_id
        # Whoever sends what another asked for works on that one's behalf.
        if entry is None or (trace_id and trace_id != entry.get_span_context().trace_id):
            return named
        return trace.set_span_in_context(entry, context.Context())

    def watched(self, transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        """Return the transport with a span for every request through it."""
        return _Watched(transport, self)

    def flush(self) -> None:
        """Send what is there, but wait no longer than stopping may take."""
        self._collector.flush()

    def _entry(self) -> Span | None:
        """Return the span of the request, task or duty that is at work here."""
        span = trace.get_current_span()
        # A span that has ended is no longer at work, though threads and tasks that it left behind still name it.
        if span.is_recording() or (isinstance(span, NonRecordingSpan) and span.get_span_context().is_valid):
            return span
        duty = _DUTY.get()
        return None if duty is None else duty.span

    def _begun(self, duty: Duty) -> Span:
        with duty.lock:
            if duty.span is None:
                attributes = {"bookverse.duty": duty.name}
                duty.span = self._collector.tracer.start_span(
                    f"sweeper {duty.name}", context.Context(), attributes=attributes, start_time=duty.began
                )
            return duty.span

    def _watch_connection(self, connection: BaseDatabaseWrapper, **_signal: object) -> None:
        # Sent for each new connection of the same wrapper. First, for Django takes others off from the end.
        if self._execute not in connection.execute_wrappers:
            connection.execute_wrappers.insert(0, self._execute)

    def _execute(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:  # noqa: ANN401 (Django's)
        entry = self._entry()
        duty = _DUTY.get()
        if entry is None and duty is not None and _WORK.match(sql):
            entry = self._begun(duty)
        if entry is None or not entry.is_recording():
            return execute(sql, *rest)
        operation = sql.split(None, 1)[0].upper()
        attributes = {
            "db.system.name": rest[-1]["connection"].vendor,
            "db.operation.name": operation,
            "db.query.text": _LITERAL.sub("?", sql)[:LONGEST_STATEMENT],
        }
        parent = trace.set_span_in_context(entry, context.Context())
        span = self._collector.tracer.start_span(operation, parent, SpanKind.CLIENT, attributes)
        with _ended(span):
            return execute(sql, *rest)


class _Watched(httpx2.AsyncBaseTransport):
    def __init__(self, transport: httpx2.AsyncBaseTransport, spans: Spans) -> None:
        self._transport = transport
        self._spans = spans

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # Neither path nor query: some addresses are secrets.
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "url.scheme": request.url.scheme,
            "server.address": request.url.host,
        }
        if request.url.port is not None:
            attributes["server.port"] = request.url.port
        with self._spans.calling(request.method, attributes, request.headers) as span:
            request.headers.update(_carried(span))
            response = await self._transport.handle_async_request(request)
            answered(span, response.status_code, worst=httpx2.codes.BAD_REQUEST)
        return response

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._transport.__aexit__(kind, value, traceback)

    async def aclose(self) -> None:
        await self._transport.aclose()


def about() -> dict[str, str]:
    """Return what the work at hand is known to be about, as its log lines name it."""
    known = get_contextvars()
    return {f"bookverse.{name}": str(known[name]) for name in NAMES if known.get(name)}


def answered(span: Span, status: int, *, worst: int) -> None:
    """Note an answer; from ``worst`` on it is an error."""
    span.set_attribute("http.response.status_code", status)
    if status >= worst:
        span.set_attribute(ERROR_TYPE, str(status))
        span.set_status(StatusCode.ERROR)


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    try:
        yield
    except BaseException as failure:
        failed(span, failure)
        raise
    finally:
        span.end()


def failed(span: Span, failure: BaseException) -> None:
    """Note what went wrong by its kind alone."""
    # Its message may hold an address or a value.
    span.set_attribute(ERROR_TYPE, type(failure).__qualname__)
    span.set_status(StatusCode.ERROR)


def _carried(span: Span | None) -> dict[str, str]:
    headers: dict[str, str] = {}
    if span is not None:
        PROPAGATOR.inject(headers, trace.set_span_in_context(span, context.Context()))
    return headers
