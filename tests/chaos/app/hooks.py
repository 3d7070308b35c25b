"""Tells of every point that a process reaches: around each commit of an action, each request and each hint.

The product has no line for this. Its transactions, its HTTP client and its two ways to leave a hint are wrapped from
outside, so that a new action has its points from the moment it is written.
"""

from __future__ import annotations

import sys
from contextlib import ContextDecorator, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import httpx2
from django.db.transaction import Atomic, get_connection

from releases import broadcast, enqueue
from tests.chaos.app.wishes import AFTER, AFTER_COMMIT, BEFORE, BEFORE_COMMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    Reached = Callable[[str], None]

ACTIONS = "releases.actions."
CLIENTS = "releases.clients."
_DECORATED = ContextDecorator.__call__.__code__.co_consts


@contextmanager
def hooked(reached: Reached) -> Iterator[None]:
    """Call ``reached`` with the name of each point, in the thread that reaches it, until the block ends."""
    with (
        patch.object(Atomic, "__exit__", _around_commit(Atomic.__exit__, reached)),
        patch.object(httpx2.AsyncClient, "send", _around_request(httpx2.AsyncClient.send, reached)),
        patch.object(broadcast, "_publish", _around("broadcast.publish", broadcast._publish, reached)),  # noqa: SLF001
        patch.object(enqueue, "_start", _around("enqueue.start", enqueue._start, reached)),  # noqa: SLF001
    ):
        yield


def _around_commit(leave: Callable[..., None], reached: Reached) -> Callable[..., None]:
    def leaving(block: Atomic, exc_type: object, exc_value: object, traceback: object) -> None:
        connection = get_connection(block.using)
        name = _name_of_action(sys._getframe(1))  # noqa: SLF001 (the only way to see who opened the block)
        commits = exc_type is None and not connection.savepoint_ids and not connection.needs_rollback
        if name and commits:
            try:
                reached(f"{name}:{BEFORE_COMMIT}")
            except BaseException as death:
                # Nobody returns from a real one; one that a test raises rolls back, as the database would.
                leave(block, type(death), death, death.__traceback__)
                raise
            # Ahead of every hint: the moment at which all is stored and nobody has been told.
            heard = (set[str](), lambda: reached(f"{name}:{AFTER_COMMIT}"), False)
            connection.run_on_commit.insert(0, heard)
        leave(block, exc_type, exc_value, traceback)

    return leaving


def _name_of_action(frame: FrameType) -> str:
    """Return the action whose block is left, as ``promotions.promote_release``; empty for anybody else's block."""
    if frame.f_code in _DECORATED:
        action = frame.f_locals["func"]
        module, name = action.__module__, action.__qualname__
    else:
        module, name = frame.f_globals["__name__"], frame.f_code.co_qualname
    return f"{module.removeprefix(ACTIONS)}.{name}" if module.startswith(ACTIONS) else ""


def _around_request(send: Callable[..., Any], reached: Reached) -> Callable[..., Any]:
    async def sending(client: httpx2.AsyncClient, request: httpx2.Request, **options: Any) -> httpx2.Response:
        name = f"{_name_of_client(sys._getframe(1))}.{request.method.lower()}"  # noqa: SLF001
        reached(f"{name}:{BEFORE}")
        response: httpx2.Response = await send(client, request, **options)
        reached(f"{name}:{AFTER}")
        return response

    return sending


def _name_of_client(frame: FrameType | None) -> str:
    while frame is not None:
        module: str = frame.f_globals["__name__"]
        if module.startswith(CLIENTS):
            return module.removeprefix(CLIENTS)
        frame = frame.f_back
    return "elsewhere"


def _around(name: str, act: Callable[..., None], reached: Reached) -> Callable[..., None]:
    def acting(*args: Any) -> None:
        reached(f"{name}:{BEFORE}")
        act(*args)
        reached(f"{name}:{AFTER}")

    return acting
