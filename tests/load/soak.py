"""Two hundred people watch promotions while Redis is killed and emptied and the web part is killed (T8)."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from redis import Redis

from tests.flows.processes import sign_in
from tests.load.board import VERSIONS, board, release_of
from tests.load.measuring import Line, percentile
from tests.load.staleness import NORMAL, News, Window, by_window
from tests.load.traffic import Traffic
from tests.load.viewers import Follower, Viewer, main_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.load.board import Board

AWAY, RESTART = "without Redis", "after a restart"
PROMISED_S = {NORMAL: 1.0, AWAY: 3.0, RESTART: 15.0}
ENDS_WITHIN_S = 60
RELEASES = "SELECT id, version FROM releases_release ORDER BY id"


def proof(topology: str, *, viewers: float, minutes: float) -> Iterator[Line]:
    """Half of the time nothing is wrong; then one thing after the other is."""
    with board(topology) as running:
        yield from asyncio.run(Soak(running, int(viewers), minutes * 60).run())


class Soak:
    """One run; shares of its seconds say when what happens."""

    def __init__(self, running: Board, viewers: int, seconds: float) -> None:
        self.running, self.seconds = running, seconds
        script = running.script()
        self.versions = [release_of(script, number) for number in range(len(VERSIONS))]
        self.browser = sign_in(running.url, "viewer")
        pages = [(None, "/"), *((number, f"/releases/{label}") for number, label in running.rows(RELEASES))]
        # Every other one watches the board.
        places = [pages[0] if number % 2 else pages[1 + number // 2 % len(self.versions)] for number in range(viewers)]
        cookie = f"sessionid={self.browser.cookies['sessionid']}"
        self.viewers = [Viewer(page=page, release_id=release_id, cookie=cookie) for release_id, page in places]
        self.loaded = {page: self._load(page) for _, page in pages}
        self.present = self.loaded
        self.followers: list[Follower] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.windows: list[Window] = []
        self.memory: list[float] = []

    async def run(self) -> list[Line]:
        self.tasks = [asyncio.create_task(viewer.watch(self.running)) for viewer in self.viewers]
        loop = asyncio.get_running_loop()
        traffic = Traffic(self.running, self.versions, lambda opened: loop.call_soon_threadsafe(self._follow, opened))
        traffic.start()
        await self._happen()
        await asyncio.to_thread(traffic.stop)
        news = await self._at_rest()
        lines = [*self._judged(news), Line(name="promotions", value=traffic.promotions)]
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return lines

    async def _happen(self) -> None:
        await self._pass(0.2)
        self.memory.append(self._resident())
        await self._pass(0.3)
        self.memory.append(self._resident())
        if self.running.redis is not None:
            await self._lose_redis(self.running.redis.url)
        began = time.time()
        self.running.kill_web()
        await asyncio.to_thread(self.running.start_web)
        # Pages come back at their own pace, and what is written until they do was written to a board that restarts.
        self.windows.append(Window(name=RESTART, since=began - 1, until=time.time() + PROMISED_S[RESTART]))
        await self._pass(0.2)

    async def _lose_redis(self, url: str) -> None:
        assert self.running.redis is not None
        began = time.time()
        self.running.redis.kill()
        await self._pass(0.1)
        await asyncio.to_thread(self.running.redis.restart, within_s=10)
        await self._pass(0.1)
        with Redis.from_url(url) as client:
            client.flushall()
        self.windows.append(Window(name=AWAY, since=began - 1, until=time.time() + 1))
        await self._pass(0.1)

    async def _pass(self, share: float) -> None:
        await asyncio.sleep(self.seconds * share)

    def _follow(self, correlation_id: str) -> None:
        follower = Follower(correlation_id=correlation_id, token=self.running.token)
        self.followers.append(follower)
        self.tasks.append(asyncio.create_task(follower.follow(self.running)))

    async def _at_rest(self) -> News:
        """Wait until everybody has everything, or long enough."""
        news = News(self.running)
        give_up_at = time.monotonic() + ENDS_WITHIN_S
        # Services still report what nobody waits for any more: at rest is when a page that is loaded now says no more.
        while time.monotonic() < give_up_at and not (all(self._is_done(news)) and await self._are_all_equal()):
            await asyncio.sleep(0.5)
            news = News(self.running)
        return news

    async def _are_all_equal(self) -> bool:
        self.present = {page: await asyncio.to_thread(self._load, page) for page in self.loaded}
        return self._equal() == len(self.viewers)

    def _equal(self) -> int:
        present = {page: shown(main_of(text)) for page, text in self.present.items()}
        return sum(viewer.shown(self.loaded[viewer.page]) == present[viewer.page] for viewer in self.viewers)

    def _is_done(self, news: News) -> Iterator[bool]:
        yield from (viewer.sequence == news.last(viewer.release_id) for viewer in self.viewers)
        yield from (follower.ended for follower in self.followers)

    def _judged(self, news: News) -> Iterator[Line]:
        waits = by_window(news, self.viewers, self.windows)
        for name, seconds in waits.items():
            yield Line(name=f"staleness p50, {name}", value=percentile(seconds, 0.5), unit="s")
            limit = PROMISED_S[name]
            yield Line(
                name=f"staleness p99, {name} ({len(seconds)} seen)",
                value=percentile(seconds, 0.99),
                unit="s",
                most=limit,
            )
        yield Line(name="viewers that end equal to the database", value=self._equal(), least=len(self.viewers))
        whole = sum(follower.ended and follower.ids == sorted(set(follower.ids)) for follower in self.followers)
        yield Line(name="streams with each event once, up to the summary", value=whole, least=len(self.followers))
        yield Line(name="streams taken up again", value=sum(follower.cuts for follower in self.followers))
        growth = 100 * (self.memory[1] / self.memory[0] - 1)
        yield Line(name=f"memory growth from {self.memory[0]:.0f} MiB", value=growth, unit="%", most=10)

    def _resident(self) -> float:
        assert self.running.web is not None
        pages = Path(f"/proc/{self.running.web.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE") / 2**20

    def _load(self, page: str) -> str:
        return self.browser.get(page).text
