"""The postman between the services and the board: brings callbacks to any web that lives, with all that goes wrong."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.chaos.records import CallbackRecord, ForgedRecord, Recorder
from tests.chaos.wire import Message, NoAnswer, pass_on, read_message, send_back

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from random import Random

REMEMBERED = 200
FORGERY_TRIES = 40
TRY_AGAIN_S = 0.25


class Fault(StrEnum):
    """What happens to one callback on its way."""

    DELAY = "delay"
    LOSE_REQUEST = "lose the callback"  # the service is cut off, the board hears nothing
    LOSE_ANSWER = "lose the answer"  # the board stored it, the service never hears so
    REPEAT = "repeat"  # delivered twice, one after the other
    TWICE_AT_ONCE = "twice at once"  # delivered to two webs at the same moment
    COPY_LATER = "copy later"  # delivered, and once more when newer ones have come


class Forgery(StrEnum):
    """What is wrong with a callback that nobody may believe."""

    WRONG_TOKEN = "a wrong token"
    NO_TOKEN = "no token"
    OTHER_TOKEN = "the token of another order"
    CUT_TOKEN = "half a token"
    UNKNOWN_ID = "an unknown correlation id"
    UNASKED_SOURCE = "a source that was not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accident:
    """A fault for the next callback; ``wait_s`` is how late a delayed one or a later copy is."""

    fault: Fault
    wait_s: float


@dataclass(slots=True, kw_only=True)
class Postman:
    """``webs`` tells the ports of the board's webs; ``chance`` only picks among equals."""

    webs: Callable[[], Sequence[int]]
    recorder: Recorder
    chance: Random
    begin: Callable[[Coroutine[Any, Any, None]], None]
    accidents: deque[Accident] = field(default_factory=deque)
    recent: deque[Message] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    tokens: set[str] = field(default_factory=set)
    forged: int = 0
    seen: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_message(reader)
        self.seen += 1
        self.recent.append(request)
        self.tokens.add(_token_of(request))
        if not self.accidents:
            await send_back(writer, await self._deliver(request))
            return
        accident = self.accidents.popleft()
        await _ACCIDENTS[accident.fault](self, request, writer, accident.wait_s)

    async def _deliver(self, request: Message, *, copy: bool = False) -> Message:
        """Bring it to a web, or to another one where the first gives no answer."""
        webs = list(self.webs())
        self.chance.shuffle(webs)
        for port in webs:
            try:
                reply = await pass_on(request, port)
            except NoAnswer:
                self._record(request, None, None, copy=copy)
            else:
                self._record(request, reply.status, reply.document(), copy=copy)
                return reply
        raise NoAnswer("no web answered")

    async def _deliver_copy(self, request: Message, wait_s: float = 0.0) -> None:
        await asyncio.sleep(wait_s)
        await asyncio.gather(self._deliver(request, copy=True), return_exceptions=True)

    def _record(self, request: Message, status: int | None, answer: object, *, copy: bool) -> None:
        said = request.document()
        names = ("correlation_id", "source", "attempt", "status", "sequence", "message")
        told = {name: said.get(name) for name in names}
        self.recorder.write(CallbackRecord(**told, http_status=status, answer=answer, copy=copy))

    async def delay(self, request: Message, writer: asyncio.StreamWriter, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        await send_back(writer, await self._deliver(request))

    async def lose_request(self, _request: Message, writer: asyncio.StreamWriter, _wait_s: float) -> None:
        writer.transport.abort()

    async def lose_answer(self, request: Message, writer: asyncio.StreamWriter, _wait_s: float) -> None:
        await self._deliver(request)
        writer.transport.abort()

    async def repeat(self, request: Message, writer: asyncio.StreamWriter, _wait_s: float) -> None:
        reply = await self._deliver(request)
        await self._deliver_copy(request)
        await send_back(writer, reply)

    async def twice_at_once(self, request: Message, writer: asyncio.StreamWriter, _wait_s: float) -> None:
        self.begin(self._deliver_copy(request))
        await send_back(writer, await self._deliver(request))

    async def copy_later(self, request: Message, writer: asyncio.StreamWriter, wait_s: float) -> None:
        self.begin(self._deliver_copy(request, wait_s))
        await send_back(writer, await self._deliver(request))

    async def forge(self, forgery: Forgery) -> None:
        """Send a callback that looks like one of the last, but is not; repeated until the board judged it."""
        if not self.recent:
            return
        self.forged += 1
        request = self._forged(forgery, self.chance.choice(self.recent))
        for _ in range(FORGERY_TRIES):
            try:
                reply = await pass_on(request, self.chance.choice(self.webs()))
            except NoAnswer:
                self._record_forgery(forgery, request, None, "")
            else:
                self._record_forgery(forgery, request, reply.status, reply.body.decode())
                if reply.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    return
            await asyncio.sleep(TRY_AGAIN_S)

    def _forged(self, forgery: Forgery, genuine: Message) -> Message:
        # A message of its own, so that a checker would find it where it must not be.
        body = {**genuine.document(), "message": f"forged {self.forged}", "status": "failed"}
        token = _token_of(genuine)
        match forgery:
            case Forgery.WRONG_TOKEN:
                return _with(genuine, body, token[::-1])
            case Forgery.NO_TOKEN:
                return _with(genuine, body, "")
            case Forgery.OTHER_TOKEN:
                return _with(genuine, body, self._other_token(token))
            case Forgery.CUT_TOKEN:
                return _with(genuine, body, token[: len(token) // 2])
            case Forgery.UNKNOWN_ID:
                return _with(genuine, {**body, "correlation_id": str(uuid.uuid4())}, token)
            case Forgery.UNASKED_SOURCE:
                return _with(genuine, {**body, "source": "nobody"}, token)

    def _other_token(self, token: str) -> str:
        return next((other for other in sorted(self.tokens) if other != token), token[::-1])

    def _record_forgery(self, forgery: Forgery, request: Message, status: int | None, body: str) -> None:
        said = request.document()
        self.recorder.write(
            ForgedRecord(
                what=forgery.value,
                correlation_id=said["correlation_id"],
                message=said["message"],
                http_status=status,
                body=body,
            )
        )


def _token_of(request: Message) -> str:
    return request.header("authorization").removeprefix("Bearer ")


def _with(genuine: Message, body: Mapping[str, object], token: str) -> Message:
    content = json.dumps(body).encode()
    changed = replace(genuine, body=content).with_header("content-length", str(len(content)))
    return changed.with_header("authorization", f"Bearer {token}")


_ACCIDENTS = {
    Fault.DELAY: Postman.delay,
    Fault.LOSE_REQUEST: Postman.lose_request,
    Fault.LOSE_ANSWER: Postman.lose_answer,
    Fault.REPEAT: Postman.repeat,
    Fault.TWICE_AT_ONCE: Postman.twice_at_once,
    Fault.COPY_LATER: Postman.copy_later,
}
