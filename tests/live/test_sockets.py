"""Who may watch, and how a socket keeps its promises when news get lost."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client

from bookverse.asgi import router
from releases import broadcast
from releases.audience import AUDIENCE
from releases.domain.access import Role
from releases.live import consumers
from releases.live.frames import Frame
from releases.live.hub import Mailbox, local_hub
from releases.live.layers import ThreadSafeInMemoryLayer
from releases.models import Release
from tests.factories import created, finish, load_bookverse, person, promote, tell
from tests.live.html import mark_of
from tests.live.test_pushed_is_reloaded import STORY, board_with_release, promotion, sequence
from tests.live.viewing import PATIENCE_S, act, signed_in, socket, viewing

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
    from channels.testing import WebsocketCommunicator

    from tests.live.viewing import Viewer

pytestmark = pytest.mark.django_db(transaction=True)


async def closing_code(connection: WebsocketCommunicator) -> int:
    """Return the code that the board closes the open connection with, whatever it says before."""
    accepted, _ = await connection.connect(timeout=PATIENCE_S)
    assert accepted
    while True:
        message: dict[str, Any] = await connection.receive_output(timeout=PATIENCE_S)
        if message["type"] == "websocket.close":
            await connection.disconnect()
            return int(message["code"])


@pytest.mark.parametrize("path", ["/ws/board/", "/ws/releases/1/"])
async def test_who_is_signed_out_is_told_so(path: str) -> None:
    assert await closing_code(socket(path)) == 4401


async def test_who_has_a_closed_account_is_signed_out() -> None:
    release = await act(board_with_release)
    client = await act(signed_in, "vera")
    await act(User.objects.filter(username="vera").update, is_active=False)

    assert await closing_code(socket(f"/ws/releases/{release.pk}/", client=client)) == 4401


@pytest.mark.parametrize("number", [0, 424242, 10**30])
async def test_a_release_that_is_not_there_cannot_be_watched(number: int) -> None:
    await act(person)
    client = await act(signed_in, "maria")

    assert await closing_code(socket(f"/ws/releases/{number}/", client=client)) == 4404


@pytest.mark.parametrize("path", ["/ws/releases/424242/", "/ws/trains/2020-W01/"])
async def test_who_is_signed_out_learns_nothing_of_what_there_is(path: str) -> None:
    assert await closing_code(socket(path)) == 4401


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://testserver",
        "http://testserver:8001",
        "http://testserver.evil.example",
        "null",
        "",
    ],
)
async def test_a_page_of_another_site_opens_no_socket(origin: str) -> None:
    await act(person)
    connection = socket("/ws/board/", client=await act(signed_in, "maria"), origin=origin)

    accepted, code = await connection.connect(timeout=PATIENCE_S)

    assert (accepted, code) == (False, 1000)  # before it was accepted: the server answers 403


async def test_an_account_that_is_closed_while_it_watches_is_signed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_EVERY_S", 0.0)
    await act(board_with_release)
    async with viewing("vera", "/", "/ws/board/") as viewer:
        await act(User.objects.filter(username="vera").update, is_active=False)
        await act(STORY["promote"])
        closed = [await viewer.connection.receive_output(timeout=PATIENCE_S) for _ in range(2)]

        assert [(message["type"], message.get("code")) for message in closed] == [
            ("websocket.send", None),
            ("websocket.close", 4401),
        ]
        assert await viewer.connection.receive_nothing(timeout=0.3)


async def test_a_session_that_ends_while_it_watches_is_signed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_EVERY_S", 0.0)
    await act(board_with_release)
    async with viewing("vera", "/", "/ws/board/") as viewer:
        await act(Session.objects.all().delete)
        await act(STORY["promote"])
        closed = [await viewer.connection.receive_output(timeout=PATIENCE_S) for _ in range(2)]

    assert closed[1]["code"] == 4401


async def test_who_got_another_role_while_watching_has_to_load_the_page_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_EVERY_S", 0.0)
    await act(board_with_release)
    async with viewing("vera", "/", "/ws/board/") as viewer:
        await act(User.objects.filter(username="vera").update, is_superuser=True)
        await act(STORY["promote"])
        closed = [await viewer.connection.receive_output(timeout=PATIENCE_S) for _ in range(2)]

    assert closed[1]["code"] == 4401  # the sign-in page leads who is signed in straight back


async def test_who_got_a_role_in_one_stage_while_watching_has_to_load_the_page_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_EVERY_S", 0.0)
    release = await act(board_with_release)
    await act(person, "dora", Role.MANAGER, "DEV")
    async with viewing("dora", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        await act(lambda: Group.objects.get_or_create(name="release manager: QA")[0].user_set.set(User.objects.all()))
        await act(STORY["promote"])
        closed = [await viewer.connection.receive_output(timeout=PATIENCE_S) for _ in range(2)]

    assert closed[1]["code"] == 4401


async def test_what_is_pushed_to_who_manages_one_stage_is_theirs_to_do() -> None:
    release = await act(board_with_release)
    await act(person, "dora", Role.MANAGER, "DEV")
    async with viewing("dora", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        shown = [promote_button(viewer)]
        await act(lambda: finish(promote(Release.objects.get())))
        await viewer.until(await act(sequence))
        shown.append(promote_button(viewer))
        pushed, reloaded = viewer.shown(), await viewer.reloaded()

    assert shown == [("Promote to DEV", False), ("Promote to QA", True)]
    assert viewer.page.find("promote-why").text == (
        "To promote a release in QA you need the role release manager, for all stages or for QA."
    )
    assert pushed == reloaded


def promote_button(viewer: Viewer) -> tuple[str, bool]:
    """Return what the button says, and whether it is off."""
    head = viewer.page.find("release-head").descendants()
    button = next(each for each in head if each.tag == "button" and each.text.strip().startswith("Promote"))
    return button.text.strip(), "disabled" in button.attributes


async def test_a_viewer_sees_controls_that_are_off_with_the_reason() -> None:
    release = await act(board_with_release)
    async with viewing("vera", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        await act(STORY["promote"])
        await viewer.until(await act(sequence))
        head = viewer.page.find("release-head")

    buttons = [element for element in head.descendants() if element.tag == "button"]
    assert {"disabled" in button.attributes for button in buttons} == {True}
    assert head.find("pause-why").text == "To steer a promotion you need the role release manager."


async def test_no_pushed_part_carries_a_token_of_anybody() -> None:
    release = await act(board_with_release)
    client = await act(signed_in, "maria")
    connection = socket(f"/ws/releases/{release.pk}/", client=client)
    await connection.connect(timeout=PATIENCE_S)

    frame = str(await connection.receive_from(timeout=PATIENCE_S))

    await connection.disconnect()
    assert "csrfmiddlewaretoken" not in frame
    assert "idempotency_key" not in frame


async def test_a_lost_nudge_only_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    release = await act(board_with_release)
    monkeypatch.setattr(broadcast, "_publish", lambda _release, _sequence: None)
    async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        await act(STORY["promote"])

        await viewer.until(await act(sequence))

        assert viewer.shown() == await viewer.reloaded()


class LayerAway:
    """A layer whose server does not answer."""

    async def group_send(self, *_arguments: object) -> None:
        raise ConnectionError("redis is away")


async def test_a_layer_that_is_away_costs_nobody_their_click(monkeypatch: pytest.MonkeyPatch) -> None:
    await act(board_with_release)
    monkeypatch.setattr(broadcast, "channel_layers", {"default": LayerAway()})

    await act(STORY["promote"])

    assert await act(lambda: promotion().state) == "running"


async def test_news_come_one_after_the_other_without_a_gap() -> None:
    release = await act(board_with_release)
    async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        for name in ("promote", "accept", "progress", "succeed"):
            await act(STORY[name])
            await viewer.until(await act(sequence))
        frames = viewer.frames

    assert [since for since, _ in frames[1:]] == [to for _, to in frames[:-1]]


async def test_a_gap_is_repaired_by_asking_for_everything() -> None:
    release = await act(board_with_release)
    async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        await act(STORY["promote"])
        lost = str(await viewer.connection.receive_from(timeout=PATIENCE_S))
        await act(STORY["accept"])

        await viewer.until(await act(sequence))

        assert mark_of(lost) is not None
        assert viewer.frames[-1] == (0, await act(sequence))
        assert viewer.shown() == await viewer.reloaded()


@pytest.mark.parametrize("words", ["hello", '{"type": "resync"}', "x" * 4096])
async def test_anything_else_that_a_page_says_is_ignored(words: str) -> None:
    await act(board_with_release)
    async with viewing("maria", "/", "/ws/board/") as viewer:
        await viewer.connection.send_to(text_data=words)

        assert await viewer.connection.receive_nothing(timeout=0.3)


async def test_a_viewer_that_leaves_ends_only_its_own_watching() -> None:
    release = await act(board_with_release)
    address, path = f"/releases/{release.version}", f"/ws/releases/{release.pk}/"
    async with viewing("maria", address, path) as staying:
        async with viewing("vera", address, path):
            pass
        await act(STORY["promote"])
        await staying.until(await act(sequence))

        assert staying.shown() == await staying.reloaded()
    assert await act(lambda: promotion().state) == "running"


async def test_the_last_viewer_to_leave_ends_the_listening() -> None:
    await act(board_with_release)
    async with viewing("maria", "/", "/ws/board/"):
        pass

    assert local_hub().is_idle


async def test_somebody_who_comes_back_is_served_again() -> None:
    release = await act(board_with_release)
    address, path = f"/releases/{release.version}", f"/ws/releases/{release.pk}/"
    async with viewing("maria", address, path):
        pass
    async with viewing("maria", address, path) as viewer:
        await act(STORY["promote"])
        await viewer.until(await act(sequence))

        assert viewer.shown() == await viewer.reloaded()


def test_a_slow_viewer_is_told_to_look_at_everything() -> None:
    async def take_after(*frames: Frame) -> Frame | None:
        mailbox = Mailbox()
        for frame in frames:
            mailbox.offer(frame)
        return await mailbox.take()

    first, second = (Frame(since=number, sequence=number + 1, text="") for number in (1, 2))

    assert asyncio.run(take_after(first)) == first
    assert asyncio.run(take_after(first, second)) is None


def test_a_mailbox_that_fell_behind_starts_afresh() -> None:
    async def take_twice() -> tuple[Frame | None, Frame | None]:
        mailbox = Mailbox()
        mailbox.offer(Frame(since=1, sequence=2, text=""))
        mailbox.offer(Frame(since=2, sequence=3, text=""))
        behind = await mailbox.take()
        mailbox.offer(Frame(since=3, sequence=4, text=""))
        return behind, await mailbox.take()

    assert asyncio.run(take_twice()) == (None, Frame(since=3, sequence=4, text=""))


async def test_a_slow_viewer_ends_up_with_the_present() -> None:
    release = await act(board_with_release)
    async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        await act(promote, release)
        for number in range(20):
            await act(tell, await act(promotion), "inventory", "progress", sequence=number, percent=number)

        await viewer.until(await act(sequence))

        assert viewer.shown() == await viewer.reloaded()


async def test_the_layer_delivers_what_another_thread_sends() -> None:
    layer = ThreadSafeInMemoryLayer()
    channel = await layer.new_channel()
    await layer.group_add("releases", channel)
    thread = threading.Thread(target=async_to_sync(layer.group_send), args=("releases", {"type": "x", "n": 1}))
    thread.start()

    message = await asyncio.wait_for(layer.receive(channel), PATIENCE_S)

    thread.join()
    assert message == {"type": "x", "n": 1}


def test_the_layer_takes_messages_while_nobody_listens() -> None:
    async_to_sync(ThreadSafeInMemoryLayer().group_send)("releases", {"type": "x"})


def test_a_page_names_the_socket_of_its_own_release() -> None:
    load_bookverse()
    release = created()
    client = Client()
    client.force_login(User.objects.get())

    page = client.get(f"/releases/{release.version}").content.decode()

    assert f'hx-ws:connect="/ws/releases/{Release.objects.get().pk}/"' in page


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_may_watch(role: Role) -> None:
    await act(load_bookverse)
    await act(person, "kim", role)
    async with viewing("kim", "/", "/ws/board/") as viewer:
        assert viewer.shown() == await viewer.reloaded()


async def test_a_viewer_who_is_gone_before_the_first_picture_is_followed_no_longer() -> None:
    """A server raises then, and never says that the viewer has left."""
    await act(person)
    connection = socket("/ws/board/", client=await act(signed_in, "maria"), application=refusing_frames)
    accepted, _ = await connection.connect(timeout=PATIENCE_S)
    assert accepted
    await connection.disconnect()

    assert (local_hub().is_idle, AUDIENCE.present) == (True, 0)


async def test_a_connection_that_is_ended_from_without_is_followed_no_longer() -> None:
    await act(person)
    connection = socket("/ws/board/", client=await act(signed_in, "maria"))
    await connection.connect(timeout=PATIENCE_S)
    await connection.receive_from(timeout=PATIENCE_S)
    connection.future.cancel()
    with suppress(asyncio.CancelledError):
        await connection.future

    assert (local_hub().is_idle, AUDIENCE.present) == (True, 0)


async def refusing_frames(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    async def send_unless_gone(message: ASGISendEvent) -> None:
        if message["type"] == "websocket.send":
            raise ConnectionError
        await send(message)

    with suppress(ConnectionError):
        await router(scope, receive, send_unless_gone)
