"""Claims on due work: short, and renewed for as long as the process that claimed it lives."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeVar

from django.db import connection, connections
from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOG = logging.getLogger(__name__)
# How long work waits for another process once the one that claimed it is gone.
CLAIM = timedelta(seconds=5)
RENEW_EVERY_S = 1.0
Row = TypeVar("Row", bound=Model)


def without_waiting(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Lock these, but leave out what others are at: who waited here, without the release's lock, could deadlock."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


@contextmanager
def renewing(renew: Callable[[], object], *, at_most: timedelta) -> Iterator[None]:
    """Call ``renew`` once a second while the block runs; work that takes longer than ``at_most`` is anybody's again."""
    done = Event()
    rounds = round(at_most.total_seconds() / RENEW_EVERY_S)
    thread = Thread(target=_keep_renewing, args=(renew, done, rounds), name="claims", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _keep_renewing(renew: Callable[[], object], done: Event, rounds: int) -> None:
    try:
        for _ in range(rounds):
            if done.wait(RENEW_EVERY_S):
                return
            _renew_once(renew)
    finally:
        connections.close_all()


def _renew_once(renew: Callable[[], object]) -> None:
    try:
        renew()
    except Exception:
        # A claim that lapses costs a second send with the same key, which starts nothing twice.
        LOG.warning("a claim was not renewed", exc_info=True)
