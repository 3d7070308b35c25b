"""Claims on due work: short, renewed for as long as the process that claimed it lives, and how long a failure waits.

Who claims has a transaction of its own for each step: ``take``, then any number of ``prolong`` while it works.
"""

from __future__ import annotations

import logging
import random
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeVar

from django.db import connection, connections
from django.db.models import Model, Q, QuerySet

from releases.models.claims import Claimable
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from releases.domain.backoff import Backoff

LOG = logging.getLogger(__name__)
# How long work waits for another process once the one that claimed it is gone.
CLAIM = timedelta(seconds=5)
RENEW_EVERY_S = 1.0
Row = TypeVar("Row", bound=Model)
Claimed = TypeVar("Claimed", bound=Claimable)


def without_waiting(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Lock these, but leave out what others are at: who waited here, without the release's lock, could deadlock."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def free(now: datetime) -> Q:
    """Match what nobody is at, or whoever was is gone."""
    return Q(claimed_until=None) | Q(claimed_until__lt=now)


def take(due: QuerySet[Claimed], now: datetime, *, at_most: int, counted_in: str = "") -> list[Claimed]:
    """Claim the first of what is due, in the caller's transaction; ``counted_in`` names the field that counts tries."""
    taken = list(without_waiting(due)[:at_most])
    counters = ["claim_no", *filter(None, [counted_in])]
    for row in taken:
        for counter in counters:
            setattr(row, counter, getattr(row, counter) + 1)
        row.claimed_until = now + CLAIM
        row.save(update_fields=[*counters, "claimed_until"])
    return taken


def numbers(claimed: Iterable[Claimable]) -> dict[int, int]:
    """Return under which number each row was claimed, by its key, as it is needed to prolong the claims."""
    return {row.pk: row.claim_no for row in claimed}


def prolong(unfinished: QuerySet[Claimed], claims: Mapping[int, int]) -> None:
    """Prolong the claims that still stand: a settled one is over, and a lapsed one may have become another's."""
    standing = unfinished.filter(pk__in=claims).exclude(claimed_until=None)
    mine = [row.pk for row in without_waiting(standing) if row.claim_no == claims[row.pk]]
    unfinished.filter(pk__in=mine).update(claimed_until=database_now() + CLAIM)


def wait(backoff: Backoff, tries: int, *, retry_after: float | None = None) -> timedelta:
    """Return how long to wait after so many tries in vain, scattered so that not all come back at once."""
    spread = random.uniform(-1, 1)  # noqa: S311 (nobody gains by guessing it)
    return timedelta(seconds=backoff.seconds(tries, spread=spread, retry_after=retry_after))


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
