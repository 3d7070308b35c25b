"""A viewer of a live page: loads it, opens its socket and applies frames by the rules of the page's script."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from bookverse.asgi import router
from tests.live.html import Element, follow, mark_of, parse_html, sequence_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from asgiref.typing import ASGI3Application

P = ParamSpec("P")
T = TypeVar("T")
ORIGIN = "http://testserver"
PATIENCE_S = 20


async def act(deed: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something with the database in another thread, as a request would."""
    return await database_sync_to_async(deed)(*args, **kwargs)


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def main_of(client: Client, address: str) -> Element:
    """Load a page and return its main part."""
    return parse_html(client.get(address).content.decode()).first("main")


def socket(
    path: str, *, client: Client | None = None, origin: str = ORIGIN, application: ASGI3Application = router
) -> WebsocketCommunicator:
    """Return a connection that is not open yet, with the client's cookies."""
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME) if client else None
    headers = [(b"host", b"testserver"), (b"origin", origin.encode())]
    if cookie is not None:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie.value}".encode()))
    return WebsocketCommunicator(application, path, headers=headers)


class Viewer:
    """One page, open in somebody's browser."""

    def __init__(self, client: Client, address: str, page: Element, connection: WebsocketCommunicator) -> None:
        self.client = client
        self.address = address
        self.page = page
        self.connection = connection
        self.frames: list[tuple[int, int]] = []

    @property
    def sequence(self) -> int:
        return sequence_of(self.page)

    async def receive(self) -> None:
        """Take the next frame as the page's script does: old ones are dropped, a gap asks for everything."""
        frame = str(await self.connection.receive_from(timeout=PATIENCE_S))
        mark = mark_of(frame)
        if mark is None:
            return
        self.frames.append(mark)
        if follow(self.page, frame):
            await self.connection.send_to(text_data="resync")

    async def until(self, sequence: int) -> None:
        while self.sequence < sequence:
            await self.receive()

    def shown(self) -> str:
        return without_mark(self.page).shown()

    async def reloaded(self) -> str:
        """Return what the same person would see after loading the page again."""
        return without_mark(await act(main_of, self.client, self.address)).shown()


def without_mark(page: Element) -> Element:
    """Leave out the one element whose content is the clock and the connection's own count."""
    kept: list[Any] = [
        child for child in page.children if isinstance(child, str) or child.attributes.get("id") != "live-mark"
    ]
    return Element(page.tag, page.attributes, kept)


@asynccontextmanager
async def viewing(username: str, address: str, path: str) -> AsyncIterator[Viewer]:
    """Open a page and its socket, which sends its first picture at once."""
    client = await act(signed_in, username)
    page = await act(main_of, client, address)
    connection = socket(path, client=client)
    accepted, _ = await connection.connect(timeout=PATIENCE_S)
    assert accepted
    viewer = Viewer(client, address, page, connection)
    try:
        await viewer.receive()
        yield viewer
    finally:
        await connection.disconnect()
