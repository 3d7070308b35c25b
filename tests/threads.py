"""Several threads that begin at the same moment, each with a database connection of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")
PATIENCE_S = 30


def at_once(*acts: Callable[[], Result]) -> list[Result | Exception]:
    """Run all acts together and return what each returned or raised, in order."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result | Exception:
        try:
            barrier.wait(PATIENCE_S)
            return act()
        except Exception as failure:  # noqa: BLE001 (the caller judges it)
            return failure
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def on_its_own_connection(act: Callable[[], Result]) -> Result:
    """Run the act in a thread that is not ours to end, such as a server's, and leave no connection behind in it."""
    try:
        return act()
    finally:
        connections.close_all()
