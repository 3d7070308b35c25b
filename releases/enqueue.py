"""Wake a worker after the commit; a broker that is away costs nothing, the sweeper finds the same work."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction

LOG = logging.getLogger(__name__)
HINT_EXPIRES_S = 30


def task_on_commit(name: str, **ids: int) -> None:
    """Start the task of that name once the transaction is in; ``ids`` are its only arguments."""
    transaction.on_commit(lambda: _start(name, ids))


def _start(name: str, ids: dict[str, int]) -> None:
    try:
        current_app.signature(name, kwargs=ids).apply_async(expires=HINT_EXPIRES_S, retry=False)
    except Exception:
        LOG.warning("%s: hint lost", name, exc_info=True)
