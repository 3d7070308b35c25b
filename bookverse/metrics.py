"""/metrics for Prometheus: a page of the web processes, and a port of its own in a worker, which serves no pages."""

from __future__ import annotations

import hmac
import logging
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error, connections
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from bookverse.exposition import exposition
from releases.api.authentication import actor_or_nobody

if TYPE_CHECKING:
    from django.http import HttpRequest

LOG = logging.getLogger(__name__)
SCHEME = "Bearer "
REFUSED = (
    "Metrics are for those who may look at the board: "
    "send METRICS_TOKEN or an API token as a bearer token, or sign in.\n"
)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with what this process counted and what is true of the whole board."""
    if not _may_read(request.headers.get("Authorization", "")) and not _is_known(request):
        return HttpResponse(REFUSED, status=401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"})
    body, content_type = exposition(request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def _may_read(authorization: str) -> bool:
    """Tell whether the board is open anyway (development and demo) or the caller is Prometheus."""
    if settings.DEBUG or settings.DEMO:
        return True
    expected = SCHEME + settings.METRICS_TOKEN
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(authorization.encode(), expected.encode())


def _is_known(request: HttpRequest) -> bool:
    try:
        return actor_or_nobody(request) is not None
    except Error:
        LOG.warning("metrics: the database is away, only METRICS_TOKEN opens them now")
        return False


class WorkerMetrics(BaseHTTPRequestHandler):
    """What a worker answers; it knows no people, so METRICS_TOKEN alone opens it."""

    def do_GET(self) -> None:
        """Answer Prometheus."""
        if self.path.partition("?")[0] != "/metrics":
            self._answer(HTTPStatus.NOT_FOUND, b"Only /metrics is here.\n")
        elif not _may_read(self.headers.get("Authorization", "")):
            self._answer(HTTPStatus.UNAUTHORIZED, b"Send METRICS_TOKEN as a bearer token.\n")
        else:
            self._answer(HTTPStatus.OK, *self._exposition())

    def _exposition(self) -> tuple[bytes, str]:
        try:
            return exposition(self.headers.get("Accept", ""))
        finally:
            # This thread ends with its connection, and would leave one to the database behind.
            connections.close_all()

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Say nothing: a line for each scrape would hide the others."""


def serve_metrics(port: int) -> ThreadingHTTPServer:
    """Answer on this port from now on, in a thread that ends with the process."""
    server = ThreadingHTTPServer(("", port), WorkerMetrics)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
