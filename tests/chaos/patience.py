"""Waiting for what may never come, where that is a finding and not a failure of the harness."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from tests.waiting import LOOK_EVERY_S

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


def patiently(is_so: Callable[[], bool], *, within_s: float) -> bool:
    """Wait for something for so long; tell whether it came."""
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def insistently(act: Callable[[], Result], *failures: type[Exception], within_s: float) -> Result:
    """Do something again and again while it fails so; after that long the failure is the caller's."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            return act()
        except failures:
            if time.monotonic() > deadline:
                raise
        time.sleep(LOOK_EVERY_S)
