"""Threads in every process that look once a second for whatever is due: no timer lives in memory."""

from __future__ import annotations

import logging
import threading
from time import monotonic
from typing import TYPE_CHECKING

from django.db import close_old_connections, connections

from releases.actions.asking import ask_overdue_services
from releases.actions.builds import end_overdue_builds, keep_building
from releases.actions.collections import collect_due_versions
from releases.actions.contents import read_due_contents
from releases.actions.debts import keep_debts
from releases.actions.deliveries import send_due_deliveries
from releases.actions.dispatches import send_due_dispatches
from releases.actions.documents import fetch_due_documents
from releases.actions.healing import heal
from releases.actions.health import keep_health
from releases.actions.probing import keep_probing
from releases.actions.quarantining import tell_registry
from releases.actions.recovery import answer_failures
from releases.actions.registry_records import tell_due_records
from releases.actions.retention import keep_retention
from releases.actions.sweeping import keep_time
from releases.actions.timetables import keep_timetable
from releases.actions.trains_on_the_way import keep_trains_moving
from releases.actions.validations import carry_out_due_validation
from releases.metrics import FAILED_SWEEPS, SWEEPS
from releases.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOG = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
# Nothing is lost when a sweep is cut short, which would be found half done by the next process.
STOP_WITHIN_S = 3.0
# A thread for each: a service or a registry that hangs must not stop the clock.
DUTIES: Mapping[str, Callable[[], object]] = {
    "time": keep_time,
    "orders": send_due_dispatches,
    "questions": ask_overdue_services,
    "failures": answer_failures,
    "deliveries": send_due_deliveries,
    "collections": collect_due_versions,
    "contents": read_due_contents,
    "quarantines": tell_registry,
    "records": tell_due_records,
    "documents": fetch_due_documents,
    "probes": keep_probing,
    "healing": heal,
    "health": keep_health,
    "retention": keep_retention,
    "debts": keep_debts,
    "timetable": keep_timetable,
    "trains": keep_trains_moving,
    "builds": keep_building,
    "build deadlines": end_overdue_builds,
    "validations": carry_out_due_validation,
}


class Sweeper:
    """Starts each duty's thread at most once, and lets a sweep at hand end if it soon does."""

    def __init__(self) -> None:
        self.threads: tuple[threading.Thread, ...] = ()
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to look; does nothing when it already does."""
        with self._lock:
            if self.threads:
                return
            self._stopping = threading.Event()
            self.threads = tuple(
                threading.Thread(
                    target=self._run, args=(name, duty, self._stopping), name=f"sweeper-{name}", daemon=True
                )
                for name, duty in DUTIES.items()
            )
            for thread in self.threads:
                thread.start()

    def stop(self) -> None:
        """End; a sweep that waits for a service that hangs is not waited for."""
        with self._lock:
            threads, self.threads = self.threads, ()
            self._stopping.set()
        until = monotonic() + STOP_WITHIN_S
        for thread in threads:
            thread.join(max(0.0, until - monotonic()))

    def _run(self, name: str, duty: Callable[[], object], stopping: threading.Event) -> None:
        while not stopping.wait(LOOK_EVERY_S):
            try:
                with tracing().duty(name):
                    duty()
                SWEEPS.labels(name).set_to_current_time()
            except Exception:  # whatever it was, the next sweep must still come: it is what keeps promises
                FAILED_SWEEPS.labels(name).inc()
                LOG.exception("a sweep failed; the next one follows in %s s", LOOK_EVERY_S)
            # There are more duties than connections in the pool: whoever rests has none, or pages wait for one.
            close_old_connections()
        connections.close_all()


sweeper = Sweeper()
