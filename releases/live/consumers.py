"""The sockets: join, snapshot, follow. They only read."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import ObjectDoesNotExist
from django.db import Error

from releases.domain.access import Permission, why_not
from releases.live.frames import BoardTopic, DeparturesTopic, Frame, ReleaseTopic, Topic, TrainTopic, beat
from releases.live.hub import Mailbox, Watch, local_hub
from releases.metrics import VIEWERS
from releases.queries.access import actor_of
from releases.queries.sign_ins import account_behind
from releases.queries.trains import running_refusal
from releases.queries.viewers import signer_of, viewer_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, WebSocketScope

    from releases.domain.access import Actor

LOG = logging.getLogger(__name__)
BEAT_EVERY_S = 5.0
RECHECK_EVERY_S = 30.0
RESYNC = "resync"
TRY_AGAIN, SIGNED_OUT, GONE = 1012, 4401, 4404


class LiveConsumer(AsyncWebsocketConsumer):
    """One viewer of one topic.

    4401 ends it for who is signed out, whatever there is, 4404 for what is not there any more; after 1012 the page
    opens another.
    """

    kind: str
    mailbox: Mailbox
    watch: Watch | None = None
    follower: asyncio.Task[None] | None = None
    sequence = 0

    async def __call__(self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Give the place up whatever ends the connection: of one that broke while it opened no server tells."""

        async def send_if_there(message: ASGISendEvent) -> None:
            with contextlib.suppress(OSError, RuntimeError):  # the viewer left; servers word it differently
                await send(message)

        try:
            await super().__call__(scope, receive, send_if_there)  # type: ignore[arg-type] # the stubs of Channels differ
        finally:
            self._leave()

    async def connect(self) -> None:
        """Accept first: a close code only reaches the page on an open socket."""
        await self.accept()
        async with self._or_close():
            await self._begin()

    async def _begin(self) -> None:
        topic = await self._permitted_topic()
        if topic is None:
            return
        self.mailbox = Mailbox()
        self.watch = await local_hub().join(topic, self.mailbox)
        VIEWERS.labels(self.kind).inc()
        await self._show(await self.watch.snapshot())
        self.follower = asyncio.create_task(self._follow(self.watch))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        """The page may say one thing: that it missed something."""
        if text_data is not None and text_data.strip().startswith(RESYNC) and self.watch is not None:
            async with self._or_close():
                await self._show(await self.watch.snapshot())

    def _leave(self) -> None:
        """Leaving never cancels anything but the watching."""
        if self.follower is not None:
            self.follower.cancel()
        if self.watch is not None:
            local_hub().leave(self.watch, self.mailbox)
            VIEWERS.labels(self.kind).dec()

    def topic_for(self, actor: Actor) -> Topic:
        """Return what this socket shows to the actor."""
        raise NotImplementedError

    async def _permitted_topic(self) -> Topic | None:
        topic = await database_sync_to_async(self._topic)()
        if topic is None:
            await self.close(code=SIGNED_OUT)
        return topic

    def _topic(self) -> Topic | None:
        actor = self._actor()
        return self.topic_for(actor) if actor.roles else None

    def _actor(self) -> Actor:
        # Read again: the account may have been closed, or the session ended, since the socket opened.
        return actor_of(account_behind(self.scope["session"].session_key))

    @contextlib.asynccontextmanager
    async def _or_close(self) -> AsyncIterator[None]:
        """Close the socket when there is nothing to see any more, or the database is away.

        Left open, nothing would ever be said on it again.
        """
        try:
            yield
        except ObjectDoesNotExist:
            await self.close(code=GONE)
        except Error as failure:
            LOG.warning("live: the database is away, a page is sent for another socket: %s", failure)
            await self.close(code=TRY_AGAIN)

    async def _follow(self, watch: Watch) -> None:
        async with self._or_close():
            await self._follow_while_permitted(watch)

    async def _follow_while_permitted(self, watch: Watch) -> None:
        loop = asyncio.get_running_loop()
        recheck_at = loop.time() + RECHECK_EVERY_S
        while True:
            try:
                async with asyncio.timeout(BEAT_EVERY_S):
                    frame = await self.mailbox.take()
            except TimeoutError:
                await self._beat(watch)
            else:
                await self._deliver(watch, frame)
            if loop.time() >= recheck_at:
                recheck_at = loop.time() + RECHECK_EVERY_S
                if not await self._still_permitted(watch):
                    return

    async def _still_permitted(self, watch: Watch) -> bool:
        """Close once and for all when not; who has another role now gets there by way of the sign-in page."""
        topic = await self._permitted_topic()
        if topic is not None and topic != watch.topic:
            await self.close(code=SIGNED_OUT)
        return topic == watch.topic

    async def _deliver(self, watch: Watch, frame: Frame | None) -> None:
        if frame is None:
            await self._show(await watch.snapshot())
        elif frame.sequence > self.sequence or (frame.is_whole and frame.sequence == self.sequence):
            await self._show(frame)

    async def _beat(self, watch: Watch) -> None:
        # Only while the database answers: a beat says that what the page shows is the present.
        if watch.is_fresh:
            await self.send(text_data=beat(watch.sequence))

    async def _show(self, frame: Frame) -> None:
        self.sequence = frame.sequence
        await self.send(text_data=frame.text)


class ReleaseConsumer(LiveConsumer):
    """A release page."""

    kind = "release"

    def topic_for(self, actor: Actor) -> Topic:
        """Return the release that the address names."""
        release_id = int(self.scope["url_route"]["kwargs"]["release_id"])
        return ReleaseTopic(release_id=release_id, viewer=signer_of(actor))


class BoardConsumer(LiveConsumer):
    """The board."""

    kind = "board"

    def topic_for(self, actor: Actor) -> Topic:
        """Return the board."""
        return BoardTopic(viewer=viewer_of(actor))


class TrainConsumer(LiveConsumer):
    """A train's page."""

    kind = "train"

    def topic_for(self, actor: Actor) -> Topic:
        """Return the train that the address names."""
        label = str(self.scope["url_route"]["kwargs"]["label"])
        return TrainTopic(label=label, refusal=running_refusal(actor), edits_rules=_edits_rules(actor))


class DeparturesConsumer(LiveConsumer):
    """The departure board."""

    kind = "departures"

    def topic_for(self, actor: Actor) -> Topic:
        """Return the departures."""
        return DeparturesTopic(edits_rules=_edits_rules(actor))


def _edits_rules(actor: Actor) -> bool:
    return not why_not(actor, Permission.EDIT_RULES)
