"""Celery tasks: hints that something is due. Each runs one action that finds out for itself what to do."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task

from releases.actions import (
    asking,
    collections,
    contents,
    deliveries,
    dispatches,
    probing,
    quarantining,
    registry_records,
    validations,
)
from releases.domain.access import SYSTEM
from releases.queries.clock import database_now
from releases.queries.seals import signed_heads

LOG = logging.getLogger(__name__)
# A day on which nobody ran costs no head.
HEADS_OF = timedelta(days=3)


@shared_task(name="releases.send_due_dispatches")
def send_due_dispatches() -> None:
    """Send the orders that are due."""
    dispatches.send_due_dispatches()


@shared_task(name="releases.ask_overdue_services")
def ask_overdue_services() -> None:
    """Ask the services that are about to time out how far they are."""
    asking.ask_overdue_services()


@shared_task(name="releases.send_due_deliveries")
def send_due_deliveries() -> None:
    """Post the results that are due to their inboxes."""
    deliveries.send_due_deliveries()


@shared_task(name="releases.tell_registry")
def tell_registry() -> None:
    """Tell the registry what was taken back."""
    quarantining.tell_registry()


@shared_task(name="releases.tell_records")
def tell_records() -> None:
    """Let AppTrust's own record of each release follow it."""
    registry_records.tell_due_records()


@shared_task(name="releases.collect_due_versions")
def collect_due_versions() -> None:
    """Carry out the collection that was asked for."""
    collections.collect_due_versions()


@shared_task(name="releases.read_contents")
def read_contents() -> None:
    """Read what AppTrust says is in the versions that a collection found."""
    contents.read_due_contents()


@shared_task(name="releases.start_collection")
def start_collection() -> None:
    """Ask for a collection, on beat's schedule."""
    collections.request_collection(actor=SYSTEM)


@shared_task(name="releases.probe_due_round")
def probe_due_round() -> None:
    """Carry out the round of probes that was asked for."""
    probing.probe_due_round()


@shared_task(name="releases.carry_out_due_validation")
def carry_out_due_validation() -> None:
    """Carry out the validation that waits longest."""
    validations.carry_out_due_validation()


@shared_task(name="releases.log_journal_heads")
def log_journal_heads() -> None:
    """Log where the journals that moved end, so that the log can tell when one is cut off later."""
    for line in signed_heads(moved_since=database_now() - HEADS_OF):
        LOG.info(line)
