"""Where work enters the board: a span for each request and each task, and one where beat sends a task."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, cast

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from django.utils.decorators import sync_and_async_middleware
from opentelemetry.trace import SpanKind

from bookverse.middleware import METHODS, route_of
from bookverse.spans import Spans, answered, failed
from bookverse.tracing import start
from releases.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from celery import Task
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from opentelemetry.trace import Span

# Those who watch the board ask every few seconds, and files are no work.
UNTOLD = ("/healthz", "/readyz", "/metrics", settings.STATIC_URL)
SERVER_ERROR = 500
_AT_WORK: dict[str, tuple[Span, ExitStack]] = {}


@sync_and_async_middleware
def traced(
    get_response: Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Tell of every request until its answer begins, by the route and never by the address."""
    start("web")

    async def trace_async(request: HttpRequest) -> HttpResponseBase:
        with _request(request) as tell:
            response: HttpResponseBase = await get_response(request)  # type: ignore[misc] # it is one of the two
            tell(response)
        return response

    def trace(request: HttpRequest) -> HttpResponseBase:
        with _request(request) as tell:
            response: HttpResponseBase = get_response(request)  # type: ignore[assignment] # it is one of the two
            tell(response)
        return response

    return trace_async if iscoroutinefunction(get_response) else trace


@contextmanager
def _request(request: HttpRequest) -> Iterator[Callable[[HttpResponseBase], None]]:
    if request.path.startswith(UNTOLD):
        yield lambda _response: None
        return
    method = request.method if request.method in METHODS else "other"
    attributes = {"http.request.method": method, "url.scheme": request.scheme or ""}
    with _spans().entering(method, SpanKind.SERVER, request.headers, **attributes) as span:

        def tell(response: HttpResponseBase) -> None:
            route = route_of(request)
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)
            answered(span, response.status_code, worst=SERVER_ERROR)

        yield tell


def watch_tasks() -> None:
    """Tell of every task from now on."""
    before_task_publish.connect(_send)
    task_prerun.connect(_begin)
    task_postrun.connect(_end)


def _send(sender: str, headers: dict[str, Any], **_signal: object) -> None:
    # A request's hint names its request; what beat sends is nobody's part.
    if "traceparent" not in headers:
        with _spans().entering(f"send {sender}", SpanKind.PRODUCER, {}):
            headers.update(tracing().carried())


def _begin(task_id: str, task: Task[..., object], **_signal: object) -> None:
    stack = ExitStack()
    carrier: Mapping[str, str] = task.request.headers or {}
    ids = {"messaging.system": "celery", "messaging.message.id": task_id}
    span = stack.enter_context(_spans().entering(task.name, SpanKind.CONSUMER, carrier, **ids))
    _AT_WORK[task_id] = (span, stack)


def _end(task_id: str, retval: object = None, **_signal: object) -> None:
    if found := _AT_WORK.pop(task_id, None):
        span, stack = found
        if isinstance(retval, BaseException):
            failed(span, retval)
        stack.close()


def _spans() -> Spans:
    return cast("Spans", tracing())
