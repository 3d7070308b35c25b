"""What /metrics says: what this process counted, and what the database knows of the whole board."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from django.db import Error
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from releases.metrics import REGISTRY
from releases.queries.facts import BoardFacts, board_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.metrics_core import Metric

LOG = logging.getLogger(__name__)
# Set before the process starts, it makes several processes behind one port add up what they count.
SHARED_BY = "PROMETHEUS_MULTIPROC_DIR"


class FactsCollector(Collector):
    """Reads the database while it is scraped, so that any process says the same."""

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: that would ask the database while this module is imported."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Say that the database is away instead of failing: what was counted is wanted most then."""
        try:
            facts = board_facts()
        except Error as failure:
            LOG.warning("metrics: the database is away: %s", failure)
            return [_gauge("board_database_up", "Whether the database answered", 0)]
        return [_gauge("board_database_up", "Whether the database answered", 1), *_families(facts)]


def exposition(accept: str) -> tuple[bytes, str]:
    """Return what was asked for and its content type."""
    encode, content_type = choose_encoder(accept)
    return encode(_registry()), content_type


def _registry() -> CollectorRegistry:
    answering = CollectorRegistry()
    answering.register(FACTS)
    if os.environ.get(SHARED_BY):
        MultiProcessCollector(answering)  # type: ignore[no-untyped-call]
    else:
        answering.register(REGISTRY)
    return answering


def _families(facts: BoardFacts) -> Iterable[Metric]:
    single: list[tuple[str, str, float | None]] = [
        ("board_open_sessions", "Fan-outs whose services are still waited for", facts.open_sessions),
        (
            "board_session_overdue_seconds",
            "How long the most overdue session should be closed",
            facts.session_overdue_s,
        ),
        (
            "board_dispatch_silent_seconds",
            "How long the most silent asked service said nothing",
            facts.dispatch_silent_s,
        ),
        ("board_lease_overdue_seconds", "How long the most silent service is past its lease", facts.lease_overdue_s),
        ("board_dispatches_due", "Orders that should be on their way", facts.dispatches_due),
        ("board_dispatch_lag_seconds", "How long the oldest due order waits to be sent", facts.dispatch_lag_s),
        (
            "board_deliveries_waiting",
            "Messages to inboxes, webhooks and channels on their way",
            facts.deliveries_waiting,
        ),
        ("board_delivery_lag_seconds", "How long the oldest due message waits to be sent", facts.delivery_lag_s),
        ("board_sweeper_age_seconds", "How long no sweeper looked while a session is open", facts.sweeper_age_s),
        ("board_beat_age_seconds", "How long ago beat last started a task", facts.beat_age_s),
        ("board_beat_period_seconds", "How often beat starts its most frequent task", facts.beat_period_s),
    ]
    yield from (_gauge(name, words, value) for name, words, value in single if value is not None)
    yield _by_state("board_open_dispatches", "Services that were asked, by state", facts.open_dispatches)
    yield _by_state("board_open_promotions", "Promotions on their way, by state", facts.open_promotions)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _by_state(name: str, words: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state, number in counts.items():
        family.add_metric([state], number)
    return family


FACTS = FactsCollector()
