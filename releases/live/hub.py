"""One subscription per process: read once, render once, and hand the same text to every local viewer.

A nudge from the channel layer only says "look now"; the hub also looks by itself, so a lost one merely delays.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import channel_layers
from django.core.exceptions import ObjectDoesNotExist

from releases.audience import AUDIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from releases.live.frames import Frame, Topic

    State = tuple[int, Hashable]
    Result = TypeVar("Result")

LOG = logging.getLogger(__name__)
GROUP = "releases"
LOOK_EVERY_S = 2.0
FRAME_EVERY_S = 0.05
REJOIN_EVERY_S = 60.0
FRESH_FOR_S = 6.0
# Of its own: what everybody waits for does not queue behind the questions that each newcomer brings.
READER = ThreadPoolExecutor(1, thread_name_prefix="live-reader")


async def _read(question: Callable[[], Result]) -> Result:
    return await database_sync_to_async(question, thread_sensitive=False, executor=READER)()


class Mailbox:
    """One viewer's next frame. A viewer that is too slow for two gets the whole picture instead of a queue."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._is_behind = False
        self._wake = asyncio.Event()

    def offer(self, frame: Frame) -> None:
        """Leave a frame; never waits."""
        if self._frame is not None:
            self._is_behind = True
        self._frame = frame
        self._wake.set()

    def miss(self) -> None:
        """Let the viewer ask for a snapshot, whatever becomes of that."""
        self._is_behind = True
        self._wake.set()

    async def take(self) -> Frame | None:
        """Wait for the next frame; None means that some were missed and a snapshot is due."""
        await self._wake.wait()
        self._wake.clear()
        frame, missed = self._frame, self._is_behind
        self._frame, self._is_behind = None, False
        return None if missed else frame


class Watch:
    """A topic with its local viewers, followed for as long as there are any."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.mailboxes: set[Mailbox] = set()
        self.nudge = asyncio.Event()
        self.sequence = 0
        self.seen_at = 0.0
        self._surroundings: Hashable = None
        self._snapshot: tuple[State, Frame] | None = None
        self._coming: asyncio.Task[Frame] | None = None
        self._drawing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_fresh(self) -> bool:
        """Tell whether the database was read lately; without that nobody may call the page live."""
        return asyncio.get_running_loop().time() - self.seen_at < FRESH_FOR_S

    async def start(self) -> None:
        """Note where the journal is, then follow it from there."""
        self.sequence, self._surroundings = await self._state()
        self._saw()
        self._task = asyncio.create_task(self._follow())

    def stop(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            self._task.cancel()

    async def snapshot(self) -> Frame:
        """Return the whole picture as it is from now on; all who come while one is drawn get the next, one for all."""
        if self._coming is None:
            self._coming = asyncio.create_task(self._draw())
        return await asyncio.shield(self._coming)

    async def _draw(self) -> Frame:
        async with self._drawing:
            # What is read from here on may be older than what somebody who comes later has seen.
            self._coming = None
            state = await self._state()
            if self._snapshot is None or self._snapshot[0] != state:
                self._snapshot = state, await _read(self.topic.snapshot)
            return self._snapshot[1]

    async def _state(self) -> State:
        return await _read(lambda: (self.topic.head(), self.topic.surroundings()))

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.nudge.wait(), LOOK_EVERY_S)
            self.nudge.clear()
            try:
                await self._look()
            except ObjectDoesNotExist:
                for mailbox in self.mailboxes:
                    mailbox.miss()
                return
            except Exception:  # the next look may succeed; until then viewers see that the page went stale
                LOG.exception("live: cannot read %s", self.topic)
            await asyncio.sleep(FRAME_EVERY_S)

    async def _look(self) -> None:
        head, surroundings = await self._state()
        self._saw()
        if head > self.sequence:
            frame = await _read(lambda: self.topic.delta(self.sequence))
        elif surroundings != self._surroundings:
            frame = await self.snapshot()
        else:
            return
        self.sequence, self._surroundings = frame.sequence, surroundings
        for mailbox in self.mailboxes:
            mailbox.offer(frame)

    def _saw(self) -> None:
        self.seen_at = asyncio.get_running_loop().time()


class Hub:
    """All watches of one event loop, and their one ear on the channel layer."""

    def __init__(self) -> None:
        self._watches: dict[Topic, Watch] = {}
        self._ear: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()

    @property
    def is_idle(self) -> bool:
        """Tell whether nobody watches anything and the ear is closed."""
        return not self._watches and self._ear is None

    async def join(self, topic: Topic, mailbox: Mailbox) -> Watch:
        """Follow a topic; whatever changes from now on reaches the mailbox."""
        async with self._opening:
            if self._ear is None:
                self._ear = asyncio.create_task(self._listen())
            watch = self._watches.get(topic)
            if watch is None:
                watch = Watch(topic)
                try:
                    await watch.start()
                except Exception:
                    self._rest_if_idle()
                    raise
                self._watches[topic] = watch
            watch.mailboxes.add(mailbox)
            AUDIENCE.came()
            return watch

    def leave(self, watch: Watch, mailbox: Mailbox) -> None:
        """Follow no longer; the last viewer of a topic ends its watch, the last watch the listening."""
        if mailbox in watch.mailboxes:
            watch.mailboxes.remove(mailbox)
            AUDIENCE.went()
        if not watch.mailboxes and self._watches.get(watch.topic) is watch:
            watch.stop()
            del self._watches[watch.topic]
        self._rest_if_idle()

    def _rest_if_idle(self) -> None:
        if not self._watches and self._ear is not None:
            self._ear.cancel()
            self._ear = None

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(REJOIN_EVERY_S):
                    await self._hear()
            except TimeoutError:
                continue
            except Exception:
                LOG.warning("live: the channel layer is away, looking every %s s", LOOK_EVERY_S, exc_info=True)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _hear(self) -> None:
        layer = channel_layers["default"]
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        try:
            while True:
                self._pass_on(await layer.receive(channel))
        finally:
            with contextlib.suppress(Exception):
                await layer.group_discard(GROUP, channel)

    def _pass_on(self, message: dict[str, Any]) -> None:
        for topic, watch in self._watches.items():
            if topic.concerns(message):
                watch.nudge.set()


_HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def local_hub() -> Hub:
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _HUBS:
        _HUBS[loop] = Hub()
    return _HUBS[loop]
