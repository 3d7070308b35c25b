"""A Celery worker and beat inside this process, for the topology without Redis."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from celery import beat, worker
from celery.worker import state

from bookverse.celery import app

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 4
START_WITHIN_S = 10.0
STOP_WITHIN_S = 15.0
BEAT_LOOKS_EVERY_S = 1


class EmbeddedWorker(worker.WorkController):
    """Tells when it listens."""

    def __init__(self, ready: threading.Event, **options: Any) -> None:
        self._ready = ready
        super().__init__(**options)

    def on_consumer_ready(self, consumer: object) -> None:  # noqa: ARG002 (the signature is Celery's)
        """Celery calls this once messages are being taken."""
        self._ready.set()


def start_embedded() -> Callable[[], None]:
    """Start worker and beat in threads; return what stops them again and waits for tasks at work."""
    app.loader.import_default_modules()
    app.finalize()
    thread = _start_worker()
    # Without its name the embedded beat would keep a schedule of its own in a file.
    ticker = beat.EmbeddedService(
        app, max_interval=BEAT_LOOKS_EVERY_S, scheduler_cls=app.conf.beat_scheduler, thread=True
    )
    ticker.start()  # type: ignore[union-attr] # a thread or a process, both start

    def stop() -> None:
        # Both look up only every second or two, so the worker is told before beat is waited for.
        state.should_stop = 0  # type: ignore[assignment] # an exit status, as Celery's own signal handlers set it
        ticker.stop()
        thread.join(STOP_WITHIN_S)
        state.should_stop = None
        # Stopping saved the schedule; the scheduler's own finalizer would do it again as the process ends.
        ticker.service.scheduler._finalize.cancel()  # type: ignore[union-attr] # noqa: SLF001

    return stop


def _start_worker() -> threading.Thread:
    ready = threading.Event()
    embedded = EmbeddedWorker(
        ready,
        app=app,
        pool="threads",
        concurrency=THREADS,
        hostname="embedded@localhost",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
        send_events=False,
        quiet=True,
    )
    thread = threading.Thread(target=embedded.start, name="celery-worker", daemon=True)
    thread.start()
    if not ready.wait(START_WITHIN_S):
        message = f"The embedded worker did not start within {START_WITHIN_S:g} s."
        raise RuntimeError(message)
    return thread
