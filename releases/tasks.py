"""Celery tasks: hints that something is due. Each runs one action that finds out for itself what to do."""

from __future__ import annotations

from celery import shared_task

from releases.actions import collections, dispatches
from releases.domain.access import SYSTEM


@shared_task(name="releases.send_due_dispatches")
def send_due_dispatches() -> None:
    """Send the orders that are due."""
    dispatches.send_due_dispatches()


@shared_task(name="releases.collect_due_versions")
def collect_due_versions() -> None:
    """Carry out the collection that was asked for."""
    collections.collect_due_versions()


@shared_task(name="releases.start_collection")
def start_collection() -> None:
    """Ask for a collection, on beat's schedule."""
    collections.request_collection(actor=SYSTEM)
