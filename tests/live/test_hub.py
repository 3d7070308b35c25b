"""The hub draws a picture once, however many people ask for it at the same moment."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from releases.live.frames import Frame
from releases.live.hub import Watch
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

# The thread that draws keeps a connection from other tests, and looks whether it still stands.
pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 50


@dataclass(eq=False)
class Busy:
    """A topic that changes all the time, so that every look is a new picture; the test says when one may end."""

    sequence: int = 0
    pictures: int = 0
    may_end: threading.Event = field(default_factory=threading.Event)
    has_begun: threading.Event = field(default_factory=threading.Event)

    def concerns(self, nudge: Mapping[str, object]) -> bool:
        return bool(nudge)

    def head(self) -> int:
        self.sequence += 1
        return self.sequence

    def surroundings(self) -> Hashable:
        return ()

    def snapshot(self) -> Frame:
        self.pictures += 1
        self.has_begun.set()
        self.may_end.wait()
        return Frame(since=0, sequence=self.sequence, text="")

    def delta(self, since: int) -> Frame:
        return Frame(since=since, sequence=self.sequence, text="")


async def test_a_crowd_that_comes_while_a_picture_is_drawn_shares_the_next_one() -> None:
    topic = Busy()
    watch = Watch(topic)
    first = asyncio.create_task(watch.snapshot())
    assert await asyncio.to_thread(topic.has_begun.wait, PATIENCE_S)
    crowd = [asyncio.create_task(watch.snapshot()) for _ in range(CROWD)]
    await asyncio.sleep(0)
    topic.may_end.set()
    frames = await asyncio.gather(first, *crowd)

    assert (topic.pictures, [frame.sequence for frame in frames]) == (2, [1] + [2] * CROWD)


async def test_whoever_leaves_while_waiting_takes_the_picture_from_nobody() -> None:
    topic = Busy()
    watch = Watch(topic)
    leaving, staying = (asyncio.create_task(watch.snapshot()) for _ in range(2))
    assert await asyncio.to_thread(topic.has_begun.wait, PATIENCE_S)
    leaving.cancel()
    topic.may_end.set()
    frame = await staying

    assert (topic.pictures, frame.sequence, leaving.cancelled()) == (1, 1, True)
