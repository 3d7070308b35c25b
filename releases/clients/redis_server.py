"""Whether the Redis in which the processes meet answers."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from redis import Redis
from redis.exceptions import RedisError

# As long as a click would wait for it.
WITHIN_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAnswer:
    """``error`` is empty when it answered within ``took_ms``."""

    took_ms: int
    error: str = ""


def ping(url: str) -> RedisAnswer:
    """Ask once; that nobody answers is an answer too."""
    began, error = perf_counter(), ""
    try:
        with Redis.from_url(url, socket_connect_timeout=WITHIN_S, socket_timeout=WITHIN_S) as server:
            server.ping()
    except (RedisError, ValueError) as failure:
        error = type(failure).__name__
    return RedisAnswer(took_ms=round((perf_counter() - began) * 1000), error=error)
