"""A person's way to the board: commands over the API, each try on record, repeated with their key until answered."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from tests.chaos.records import CommandRecord, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

COMMAND_TIMEOUT_S = 25.0
TRY_AGAIN_S = 0.15
UNAVAILABLE = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The board's answer; ``document`` is its JSON."""

    status: int
    document: Any

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command as it is sent: below ``/api/v1``, with an Idempotency-Key where the call takes one."""

    path: str
    body: Mapping[str, object]
    key: str = ""


class Desk:
    """``gives_up`` tells whether a command that got no answer is to be left at that."""

    def __init__(
        self,
        operator: str,
        token: str,
        *,
        urls: Sequence[str],
        recorder: Recorder,
        chance: Random,
        gives_up: Callable[[], bool],
    ) -> None:
        self.operator, self.chance, self.urls = operator, chance, urls
        self._recorder, self._gives_up = recorder, gives_up
        self._numbers = itertools.count(1)
        self._client = httpx2.Client(
            headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=COMMAND_TIMEOUT_S
        )

    def close(self) -> None:
        self._client.close()

    def new_key(self) -> str:
        return f"{self.operator}-{next(self._numbers)}"

    def insist(self, order: Order) -> Reply | None:
        """Send a command until somebody answers it; None when nobody did before it was time to give up."""
        while True:
            reply = self.send(order)
            if reply is not None and reply.status != UNAVAILABLE:
                return reply
            if self._gives_up():
                return None
            time.sleep(TRY_AGAIN_S)

    def send(self, order: Order, url: str = "") -> Reply | None:
        """Send a command once, to any web or to the one named; None when no answer came."""
        reply = self._ask("POST", order.path, url, order.body, {"Idempotency-Key": order.key} if order.key else {})
        self._recorder.write(
            CommandRecord(
                operator=self.operator,
                key=order.key,
                method="POST",
                path=f"/api/v1{order.path}",
                body=order.body,
                http_status=reply.status if reply else None,
                answer=reply.document if reply else None,
            )
        )
        return reply

    def read(self, path: str) -> Any:  # noqa: ANN401 (JSON)
        """Return what is there; None while nobody answers, or where the answer is a refusal."""
        reply = self._ask("GET", path, "", None, {})
        return reply.document if reply is not None and reply.is_success else None

    def preview(self, body: Mapping[str, object]) -> Any:  # noqa: ANN401 (JSON)
        """Return the plan, which stores nothing and so is no command; None while nobody answers."""
        reply = self._ask("POST", "/plans/preview", "", body, {})
        return reply.document if reply is not None and reply.is_success else None

    def _ask(
        self, method: str, path: str, url: str, body: Mapping[str, object] | None, headers: Mapping[str, str]
    ) -> Reply | None:
        address = f"{url or self.chance.choice(self.urls)}/api/v1{path}"
        try:
            answer = self._client.request(method, address, json=body, headers=dict(headers))
        except httpx2.HTTPError:
            return None
        document = None
        with suppress(ValueError):
            document = answer.json()
        return Reply(status=answer.status_code, document=document)
