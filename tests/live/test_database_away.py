"""A socket outlives no failure to read the database: the page would wait on it for ever, where a new one would heal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError

from releases.live import consumers, frames
from releases.live.hub import local_hub
from tests.factories import person
from tests.live.test_pushed_is_reloaded import STORY, board_with_release
from tests.live.viewing import PATIENCE_S, act, signed_in, socket, viewing

if TYPE_CHECKING:
    from collections.abc import Callable

    from channels.testing import WebsocketCommunicator

pytestmark = pytest.mark.django_db(transaction=True)

TRY_AGAIN = 1012


def away(*_args: object) -> None:
    raise OperationalError("server closed the connection unexpectedly")


async def last_words(connection: WebsocketCommunicator) -> tuple[str, int | None]:
    while True:
        message = await connection.receive_output(timeout=PATIENCE_S)
        if message["type"] != "websocket.send":
            return message["type"], message.get("code")


async def test_a_permission_that_cannot_be_checked_again_makes_the_page_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_EVERY_S", 0.0)
    await act(board_with_release)
    async with viewing("maria", "/", "/ws/board/") as viewer:
        monkeypatch.setattr(consumers, "actor_of", away)
        await act(STORY["promote"])

        assert await last_words(viewer.connection) == ("websocket.close", TRY_AGAIN)


@pytest.mark.parametrize(
    "lose",
    [
        lambda patch: patch.setattr(consumers, "actor_of", away),
        lambda patch: patch.setattr(frames, "board_sequence", away),
        lambda patch: patch.setattr(frames, "board_view", away),
    ],
    ids=["who it is", "where the journal is", "the first picture"],
)
async def test_a_socket_that_opens_meanwhile_is_closed_for_another_try_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, lose: Callable[[pytest.MonkeyPatch], None]
) -> None:
    await act(person)
    connection = socket("/ws/board/", client=await act(signed_in, "maria"))
    lose(monkeypatch)
    accepted, _ = await connection.connect(timeout=PATIENCE_S)

    assert (accepted, await last_words(connection)) == (True, ("websocket.close", TRY_AGAIN))

    await connection.disconnect()
    assert local_hub().is_idle


async def test_a_picture_that_is_asked_for_meanwhile_makes_the_page_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    await act(board_with_release)
    async with viewing("maria", "/", "/ws/board/") as viewer:
        monkeypatch.setattr(frames, "board_sequence", away)
        await viewer.connection.send_to(text_data="resync")

        assert await last_words(viewer.connection) == ("websocket.close", TRY_AGAIN)
