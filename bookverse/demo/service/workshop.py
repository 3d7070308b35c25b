"""Carries accepted deployments to their end and delivers their callbacks; everything it needs is in the store."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom

import httpx2

from bookverse.demo.service.deployments import DeploymentStore, OpenCallback
from bookverse.demo.telling import tell

# The board's last word on a callback: repeating it cannot change the answer.
_FINAL_ANSWERS = frozenset({401, 404, 410, 422})
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Waits between tries of one callback double from the first to the longest, each +-20 %; in seconds."""

    first_wait_s: float = 0.2
    longest_wait_s: float = 2.0
    give_up_after_s: float = _DAY_S

    def wait_after(self, tries: int) -> float:
        wait = min(self.first_wait_s * 2.0 ** min(tries, 32), self.longest_wait_s)
        return wait * SystemRandom().uniform(0.8, 1.2)


class Workshop:
    """Works on each deployment in a task of its own, so that a slow board delays reports but never the work."""

    def __init__(
        self, store: DeploymentStore, client: httpx2.AsyncClient, *, clock: Callable[[], float], pace: Pace
    ) -> None:
        self._store = store
        self._client = client
        self._clock = clock
        self._pace = pace
        self._tasks: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        for key in self._store.unfinished():
            self.take_up(key)

    def take_up(self, key: str) -> None:
        """Start working on an accepted deployment; it must be called on the event loop."""
        task = asyncio.create_task(self._carry(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, key: str) -> None:
        stepped = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work(key, stepped))
            group.create_task(self._deliver(key, stepped))

    async def _work(self, key: str, stepped: asyncio.Event) -> None:
        deployment = self._store.get(key)
        while (step := deployment.next_step) is not None:
            await asyncio.sleep(max(0.0, deployment.due_at - self._clock()))
            deployment = self._store.advance(key)
            tell(f"deployment.{step.status}", deployment, sequence=deployment.steps_done)
            stepped.set()

    async def _deliver(self, key: str, stepped: asyncio.Event) -> None:
        while True:
            callback = self._store.open_callback(key)
            if callback is not None:
                await asyncio.sleep(max(0.0, callback.due_at - self._clock()))
                await self._send(callback)
            elif self._store.get(key).next_step is None:
                return
            else:
                await stepped.wait()
                stepped.clear()

    async def _send(self, callback: OpenCallback) -> None:
        headers = {"authorization": f"Bearer {callback.token}", "content-type": "application/json"}
        if traceparent := self._store.get(callback.key).traceparent:
            headers["traceparent"] = traceparent
        try:
            answer = await self._client.post(callback.url, content=callback.body, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            self._tell(callback, "unanswered")
            self._postpone(callback)
            return
        self._tell(callback, "answered", status_code=answer.status_code)
        if answer.is_success:
            self._store.close_callback(callback, "acknowledged")
        elif answer.status_code in _FINAL_ANSWERS:
            self._store.close_callback(callback, f"given up after {answer.status_code}")
        else:
            self._postpone(callback)

    def _tell(self, callback: OpenCallback, what: str, **numbers: int) -> None:
        tell(f"callback.{what}", self._store.get(callback.key), sequence=callback.sequence, **numbers)

    def _postpone(self, callback: OpenCallback) -> None:
        if self._clock() - self._store.get(callback.key).accepted_at > self._pace.give_up_after_s:
            self._store.close_callback(callback, "given up: too old")
            return
        self._store.postpone_callback(callback, until=self._clock() + self._pace.wait_after(callback.tries))
