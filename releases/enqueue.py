"""Wake a worker after the commit; a broker that is away costs nothing, the sweeper finds the same work."""

from __future__ import annotations

from celery import current_app
from django.db import transaction
from structlog.contextvars import get_contextvars

from releases.hints import Messenger
from releases.tracing import tracing

HINT_EXPIRES_S = 30
# Lets the lines that a worker logs be found by the request that caused them.
REQUEST_ID = "request_id"
MESSENGER = Messenger("task-hints")


def task_on_commit(name: str, **ids: int) -> None:
    """Start the task of that name once the transaction is in; ``ids`` are its only arguments."""
    about = (name, *ids.items())
    # Read here: the hint leaves in another thread.
    request_id = get_contextvars().get(REQUEST_ID)
    headers = {**({REQUEST_ID: request_id} if request_id else {}), **tracing().carried()}
    transaction.on_commit(lambda: MESSENGER.leave(about, lambda: _start(name, ids, headers)))


def _start(name: str, ids: dict[str, int], headers: dict[str, str]) -> None:
    current_app.signature(name, kwargs=ids).apply_async(expires=HINT_EXPIRES_S, retry=False, headers=headers)
