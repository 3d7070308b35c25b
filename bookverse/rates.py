"""How often somebody may come: a bucket that fills up evenly, kept where all processes see it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger(__name__)

# A dead Redis must not slow every request down: it is left alone for a while.
WITHIN_S, LEAVE_ALONE_S = 0.1, 5.0
# Callers that this process remembers; beyond that the ones whose bucket is full again are forgotten.
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests in so many seconds; all of them may come at once, and then one by one."""

    requests: int
    seconds: float

    @property
    def interval_s(self) -> float:
        """How long the bucket takes to fill up by one."""
        return self.seconds / self.requests


class Buckets(Protocol):
    """Remembers, for each caller, when the bucket will be full again."""

    def wait_s(self, caller: str, rate: Rate) -> float:
        """Take one request out and return 0, or take none and return how long until there is one."""


class OwnBuckets:
    """Of this process alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait_s(self, caller: str, rate: Rate) -> float:
        """Decide and note in one go; no two threads take the same request."""
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(caller, now), now) + rate.interval_s
            wait = full_at - now - rate.seconds
            if wait > _ROUNDING:
                return wait
            self._full_at[caller] = full_at
            if len(self._full_at) > REMEMBERED:
                self._full_at = {name: moment for name, moment in self._full_at.items() if moment > now}
            return 0.0


_ROUNDING = 1e-6
# The same by Redis's own clock, which is one for all processes; microseconds, for its numbers in Lua are exact to 2^53.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + ARGV[1]
local wait = full_at - now - ARGV[2]
if wait > 1 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1)
return 0
"""


class SharedBuckets:
    """Of all processes, in Redis; while it is away each process counts for itself."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        server = Redis.from_url(url, socket_connect_timeout=WITHIN_S, socket_timeout=WITHIN_S)
        self._take = server.register_script(_TAKE)
        self._clock = clock
        self._own = OwnBuckets(clock)
        self._away_until = 0.0

    def wait_s(self, caller: str, rate: Rate) -> float:
        """Ask Redis, which runs one script at a time."""
        if self._clock() < self._away_until:
            return self._own.wait_s(caller, rate)
        try:
            return self._shared_wait_s(caller, rate)
        except RedisError as failure:
            LOG.warning("requests are counted by each process for itself: %s", failure)
            self._away_until = self._clock() + LEAVE_ALONE_S
            return self._own.wait_s(caller, rate)

    def _shared_wait_s(self, caller: str, rate: Rate) -> float:
        sizes = [round(rate.interval_s * 1_000_000), round(rate.seconds * 1_000_000)]
        return int(self._take(keys=[f"rate:{caller}"], args=sizes)) / 1_000_000


@cache
def buckets() -> Buckets:
    """Return where this process counts."""
    return SharedBuckets(settings.REDIS_URL) if settings.REDIS_URL else OwnBuckets()
