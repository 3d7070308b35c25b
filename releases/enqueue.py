"""Wake a worker after the commit; a broker that is away costs nothing, the sweeper finds the same work."""

from __future__ import annotations

from celery import current_app
from django.db import transaction

from releases.hints import Messenger

HINT_EXPIRES_S = 30
MESSENGER = Messenger("task-hints")


def task_on_commit(name: str, **ids: int) -> None:
    """Start the task of that name once the transaction is in; ``ids`` are its only arguments."""
    about = (name, *ids.items())
    transaction.on_commit(lambda: MESSENGER.leave(about, lambda: _start(name, ids)))


def _start(name: str, ids: dict[str, int]) -> None:
    current_app.signature(name, kwargs=ids).apply_async(expires=HINT_EXPIRES_S, retry=False)
