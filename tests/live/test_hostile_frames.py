"""Whatever a viewer sends, the socket neither breaks nor falls silent."""

from __future__ import annotations

import random

import pytest
from channels.testing import WebsocketCommunicator

from bookverse.asgi import router
from tests.factories import person
from tests.fuzzing import SEED, amount, tell
from tests.live.html import mark_of
from tests.live.test_pushed_is_reloaded import board_with_release
from tests.live.viewing import ORIGIN, PATIENCE_S, act, signed_in, socket
from tests.trains import next_train

pytestmark = pytest.mark.django_db(transaction=True)

FRAMES = amount(400) // 2
# A server hands on at most the last; what is larger never gets here.
SIZES = (1, 20, 4096)


def any_text(chance: random.Random, size: int) -> str:
    return "".join(chr(chance.choice((chance.randrange(128), chance.randrange(0x110000)))) for _ in range(size))


def hostile_frame(chance: random.Random) -> dict[str, object]:
    """Return nothing that means anything; bytes never do, whatever they spell."""
    size = chance.choice(SIZES)
    match chance.randrange(6):
        case 0:
            return {"bytes": chance.choice((chance.randbytes(size), b"resync", b"\xff\xfe", b""))}
        case 1:
            return {"text": any_text(chance, size), "bytes": chance.randbytes(size)}
        case 2:
            return {"text": chance.choice("[{\0 ") * size}
        case 3:
            return {"text": f'{{"type": "{any_text(chance, 5)}", "HEADERS": [{size}, null'}
        case 4:
            return {"text": chance.choice(("RESYNC", "re sync", "resyn", "\ud800resync", "", "\n"))}
        case _:
            return {"text": any_text(chance, size)}


async def whole_picture(connection: WebsocketCommunicator) -> tuple[int, int]:
    """Return the marks of the next frame that is more than a sign of life."""
    while (mark := mark_of(str(await connection.receive_from(timeout=PATIENCE_S)))) is None:
        pass
    return mark


def something_to_see() -> dict[str, object]:
    """Make a release and a train; return what the addresses call them."""
    return {"release": board_with_release().pk, "train": next_train().label}


@pytest.mark.parametrize("path", ["/ws/board/", "/ws/releases/{release}/", "/ws/trains/", "/ws/trains/{train}/"])
async def test_after_whatever_was_sent_the_word_still_brings_the_whole_picture(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = await act(something_to_see)
    connection = socket(path.format_map(names), client=await act(signed_in, "vera"))
    await connection.connect(timeout=PATIENCE_S)
    first = await whole_picture(connection)
    chance = random.Random(SEED)

    for _ in range(FRAMES):
        await connection.send_input({"type": "websocket.receive", **hostile_frame(chance)})
    await connection.send_to(text_data="resync")

    assert await whole_picture(connection) == first
    await connection.disconnect()
    tell(capsys, f"{FRAMES} hostile frames on {path}: the socket still answers")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ws/",
        "/ws/nowhere/",
        "/ws/board",
        "/ws/releases/x/",
        "/ws/releases/-1/",
        f"/ws/releases/{'9' * 5000}/",
        "/ws/trains/x/y/",
        "/ws/trains/%00/",
    ],
)
async def test_a_socket_to_nowhere_is_refused(path: str) -> None:
    await act(person)
    connection = socket(path, client=await act(signed_in, "maria"))

    assert await connection.connect(timeout=PATIENCE_S) == (False, 1000)


@pytest.mark.parametrize(
    "origin", ["http://[", "http://[::1", "http://testserver/board", "\0", "é", "http://" + "x" * 9000]
)
async def test_an_origin_that_is_none_opens_no_socket(origin: str) -> None:
    await act(person)
    connection = socket("/ws/board/", client=await act(signed_in, "maria"), origin=origin)

    assert await connection.connect(timeout=PATIENCE_S) == (False, 1000)


@pytest.mark.parametrize(
    "cookie", [b"", b"=", b'sessionid="aaaaaaaaaa\\000"', b"sessionid=" + b"x" * 4000, b"\xff\xfe;;=;"]
)
async def test_a_cookie_that_is_none_is_that_of_nobody(cookie: bytes) -> None:
    headers = [(b"host", b"testserver"), (b"origin", ORIGIN.encode()), (b"cookie", cookie)]
    connection = WebsocketCommunicator(router, "/ws/board/", headers=headers)
    await connection.connect(timeout=PATIENCE_S)

    assert await connection.receive_output(timeout=PATIENCE_S) == {"type": "websocket.close", "code": 4401}
