"""What this process counts, by labels that are bounded: routes, states and outcomes, never an address or a name.

What is true of the whole board is not counted here but read from the database when somebody asks (queries.facts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

if TYPE_CHECKING:
    from enum import StrEnum

# Up to what a promotion that is waited for may take, and beyond: an alert asks for more than 30 s.
_UP_TO_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60)

REGISTRY = CollectorRegistry(auto_describe=True)
for collector in (ProcessCollector, PlatformCollector, GCCollector):
    collector(registry=REGISTRY)

REQUESTS = Counter("board_http_requests", "Requests answered", ("method", "route", "status"), registry=REGISTRY)
LATENCY = Histogram(
    "board_http_request_seconds",
    "How long requests took until their answer began",
    ("route",),
    buckets=_UP_TO_S,
    registry=REGISTRY,
)
VIEWERS = Gauge(
    "board_live_connections",
    "Live pages that are open here",
    ("topic",),
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
CALLBACKS = Counter(
    "board_callbacks", "Callbacks that came in, by what became of them", ("outcome",), registry=REGISTRY
)
TIMEOUTS = Counter("board_timeouts", "Services that gave no result in time, by why", ("reason",), registry=REGISTRY)
DISPATCHES = Counter(
    "board_dispatch_sends", "Orders posted to services, by their answer", ("outcome",), registry=REGISTRY
)
DELIVERIES = Counter(
    "board_delivery_sends", "Messages posted to inboxes, webhooks and channels", ("outcome",), registry=REGISTRY
)
SWEEPS = Gauge(
    "board_sweep_timestamp_seconds",
    "When each of this process's sweeps last ended well",
    ("duty",),
    registry=REGISTRY,
    multiprocess_mode="livemin",
)
FAILED_SWEEPS = Counter("board_sweep_failures", "Sweeps that failed", ("duty",), registry=REGISTRY)

# What is there before the first of its kind: a rate needs a zero to rise from.
for outcome in ("accepted", "duplicate", "late", "forged"):
    CALLBACKS.labels(outcome)
for reason in ("deadline", "silent"):
    TIMEOUTS.labels(reason)


def count_on_commit(counter: Counter, label: StrEnum | str) -> None:
    """Count once the transaction is in; what was rolled back did not happen."""
    transaction.on_commit(counter.labels(str(label)).inc)
