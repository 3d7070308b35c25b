"""The way of spans to a collector: in batches, by a thread of its own, and without anybody ever waiting for it."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from celery.signals import worker_process_shutdown
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Tracer

LOG = logging.getLogger(__name__)
# Twice at most: when pages are no longer served, and when the process ends.
STOP_WITHIN_S = 2.0
# They log each try of each batch, some with tracebacks; what is of use in them is said once below.
for _chatty in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal"):
    logging.getLogger(_chatty).setLevel(logging.CRITICAL)


class SaidOnce(SpanExporter):
    """Warns when a collector stops taking spans, not at each batch that it does not take."""

    def __init__(self, exporter: OTLPSpanExporter, address: str) -> None:
        self._exporter = exporter
        self._address = address
        self._is_taking = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send one batch, which is lost when it is not taken."""
        result = self._exporter.export(spans)
        is_taking = result is SpanExportResult.SUCCESS
        if self._is_taking and not is_taking:
            LOG.warning("traces are lost: %s does not take them; the board works on without", self._address)
        elif is_taking and not self._is_taking:
            LOG.info("traces are kept again: %s takes them", self._address)
        self._is_taking = is_taking
        return result

    def shutdown(self) -> None:
        """Break off what is being tried."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call] # the library leaves it out


class Collector:
    """A provider of spans for this process; a forked child gets one of its own."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._begin()
        # A copied connection to the collector would be written to by parent and child at once.
        os.register_at_fork(after_in_child=self._begin)
        worker_process_shutdown.connect(self._stop, weak=False)
        atexit.register(self._stop)

    def _begin(self) -> None:
        given = Resource.create({"service.name": f"bookverse-board-{self._process}"})
        # What the environment names it stands above that.
        provider = TracerProvider(resource=given.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        self._batches = BatchSpanProcessor(SaidOnce(OTLPSpanExporter(), _address()))
        provider.add_span_processor(self._batches)
        self.tracer: Tracer = provider.get_tracer("bookverse")

    def flush(self) -> None:
        """Send what is there, but wait no longer than stopping may take."""
        # The processor takes no time limit.
        sending = threading.Thread(target=self._batches.force_flush, name="traces-flush", daemon=True)
        sending.start()
        sending.join(STOP_WITHIN_S)

    def _stop(self, **_signal: object) -> None:
        # Its public method waits for half a minute.
        self._batches._batch_processor.shutdown(timeout_millis=round(STOP_WITHIN_S * 1000))  # noqa: SLF001


def _address() -> str:
    """Return where spans go as it may be logged: without what may be secret in an address."""
    given = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
    return urlsplit(given).netloc.rpartition("@")[2] or "the collector"
