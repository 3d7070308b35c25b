"""People who watch: pages in a browser that loses its socket all the time and opens it again."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

import httpx2
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.chaos.records import ViewRecord
from tests.chaos.showing import marks_of
from tests.flows.processes import sign_in
from tests.live.html import Element, follow, parse_html, sequence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from websockets.sync.client import ClientConnection

    from tests.chaos.world import World

OPEN_WITHIN_S = 5.0
LISTEN_S = 0.5
RECONNECT_EVERY_S = 0.3
SOCKET = re.compile(r'hx-ws:connect="/ws/(board|releases/(\d+))/"')


@dataclass(slots=True, kw_only=True)
class Page:
    """A page as it stands on somebody's screen; ``release_id`` is None for the board."""

    address: str
    socket: str
    release_id: int | None
    main: Element


@dataclass(slots=True)
class Viewer:
    """Watches the page that ``address`` names whenever a socket is opened, and knows nothing but what it was sent."""

    name: str
    address: Callable[[], str]
    browser: httpx2.Client
    urls: Sequence[str]
    page: Page | None = None
    connections: int = 0
    stop: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def watch(self) -> None:
        for url in cycle(self.urls):
            if self.stop.is_set():
                return
            with suppress(OSError, WebSocketException, httpx2.HTTPError, AssertionError):
                self._watch_at(url)
            self.stop.wait(RECONNECT_EVERY_S)

    def _watch_at(self, url: str) -> None:
        """Follow the page until the socket is lost; it stays on the screen, unless there is another one to watch."""
        address = self.address()
        page = self.page
        if page is None or page.address != address:
            page = self.page = load(self.browser, url, address)
        with connect(
            f"{url.replace('http', 'ws', 1)}/ws/{page.socket}/",
            origin=Origin(url),
            additional_headers={"Cookie": "; ".join(f"{n}={v}" for n, v in self.browser.cookies.items())},
            open_timeout=OPEN_WITHIN_S,
            close_timeout=1,
            proxy=None,
        ) as connection:
            self.connections += 1
            for frame in self._frames(connection):
                with self._lock:
                    is_behind = follow(page.main, frame)
                if is_behind:
                    connection.send("resync")

    def _frames(self, connection: ClientConnection) -> Iterator[str]:
        while not self.stop.is_set():
            with suppress(TimeoutError):
                yield str(connection.recv(LISTEN_S))

    def state(self) -> tuple[int, dict[str, str]]:
        """Return what is before the viewer; a viewer who never saw the page has nothing."""
        if self.page is None:
            return 0, {}
        with self._lock:
            return sequence_of(self.page.main), marks_of(self.page.main)

    def record(self) -> ViewRecord:
        sequence, marks = self.state()
        return ViewRecord(
            viewer=self.name,
            page="board" if self.page is None or self.page.release_id is None else "release",
            release_id=self.page.release_id if self.page else None,
            sequence=sequence,
            marks=marks,
            text=self.page.main.text if self.page else "",
        )


def load(browser: httpx2.Client, url: str, address: str) -> Page:
    """Ask for a page as a browser does."""
    answer = browser.get(f"{url}{address}")
    answer.raise_for_status()
    found = SOCKET.search(answer.text)
    assert found, f"{address} has no socket"
    release_id = int(found[2]) if found[2] else None
    return Page(address=address, socket=found[1], release_id=release_id, main=parse_html(answer.text).first("main"))


class Audience:
    """Everybody who watches, each in a thread; somebody may come later."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._browser = sign_in(world.urls()[0], "viewer")
        self._threads: list[Thread] = []
        self.viewers: list[Viewer] = []

    def join(self, name: str, address: Callable[[], str]) -> None:
        urls = self._world.urls()
        viewer = Viewer(name, address, self._browser, urls[len(self.viewers) % len(urls) :] + urls)
        thread = Thread(target=viewer.watch, name=name, daemon=True)
        self.viewers.append(viewer)
        self._threads.append(thread)
        thread.start()

    def is_up_to_date(self) -> bool:
        """Tell whether everybody sees what loading the page again would show."""
        return all(self._is_current(viewer) for viewer in self.viewers)

    def _is_current(self, viewer: Viewer) -> bool:
        with suppress(httpx2.HTTPError):
            if viewer.page is not None:
                again = load(viewer.browser, viewer.urls[0], viewer.page.address).main
                return viewer.state() == (sequence_of(again), marks_of(again))
        return False

    def leave(self) -> None:
        """Write down what each has before them and let them go."""
        for viewer in self.viewers:
            viewer.stop.set()
        for viewer, thread in zip(self.viewers, self._threads, strict=True):
            thread.join()
            self._world.recorder.write(viewer.record())
        self._browser.close()
