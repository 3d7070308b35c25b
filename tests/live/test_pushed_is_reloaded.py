"""What a live page shows is what loading it again would show, whatever happened and however the news came."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from releases.actions.dispatches import send_due_dispatches
from releases.actions.release_notes import NotesEdit, edit_notes
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.domain.access import Role
from releases.models import Promotion, Release
from tests.factories import created, finish, load_bookverse, person, promote, tell
from tests.fakes.service import fake_service
from tests.kept_rows import NOWHERE
from tests.live.viewing import act, viewing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.live.viewing import Viewer

pytestmark = pytest.mark.django_db(transaction=True)


def board_with_release(url: str = NOWHERE) -> Release:
    load_bookverse(url)
    person("vera", Role.VIEWER)
    return created(title="Autumn")


def promotion() -> Promotion:
    return Promotion.objects.latest("pk")


def sequence() -> int:
    return Release.objects.get().sequence


def label() -> str:
    return Release.objects.get().version


def note(text: str) -> object:
    return edit_notes(actor=person(), version=label(), edit=NotesEdit(markdown=text, revision=0))


STORY: dict[str, Callable[[], object]] = {
    "note": lambda: note("Faster"),
    "promote": lambda: promote(Release.objects.get()),
    "send": send_due_dispatches,
    "accept": lambda: tell(promotion(), "inventory", "accepted"),
    "progress": lambda: tell(promotion(), "inventory", "progress", percent=40, message="copying", sequence=2),
    "overtaken": lambda: tell(promotion(), "inventory", "progress", percent=10, sequence=1),
    "fail": lambda: tell(promotion(), "inventory", "failed", message="disk full"),
    "contradict": lambda: tell(promotion(), "inventory", "succeeded"),
    "retry": lambda: retry_step(actor=person(), version=label(), service="inventory"),
    "succeed": lambda: tell(promotion(), "inventory", "succeeded"),
    "accept one": lambda: tell(promotion(), "checkout", "accepted"),
    "pause": lambda: pause_promotion(actor=person(), version=label(), reason="lunch"),
    "succeed one": lambda: tell(promotion(), "checkout", "succeeded"),
    "reject": lambda: tell(promotion(), "recommendations", "rejected"),
    "resume": lambda: resume_promotion(actor=person(), version=label()),
    "skip": lambda: skip_step(actor=person(), version=label(), service="recommendations", reason="not needed"),
    "cancel": lambda: cancel(actor=person(), version=label(), reason="wrong day"),
    "promote again": lambda: promote(Release.objects.get()),
    "finish": lambda: finish(promotion()),
    "next stage": lambda: promote(Release.objects.get(), "QA"),
    "cancel there": lambda: cancel(actor=person(), version=label()),
    "give up": lambda: cancel(actor=person(), version=label(), reason="superseded"),
}


async def follow(viewer: Viewer, wanted: int) -> tuple[str, str]:
    await viewer.until(wanted)
    return viewer.shown(), await viewer.reloaded()


@pytest.mark.parametrize("username", ["maria", "vera"])
async def test_a_release_page_stays_what_a_reload_would_show(username: str) -> None:
    with fake_service() as service:
        release = await act(board_with_release, service.url)
        async with viewing(username, f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
            for name, deed in STORY.items():
                await act(deed)

                shown, reloaded = await follow(viewer, await act(sequence))

                assert shown == reloaded, name


@pytest.mark.parametrize("username", ["maria", "vera"])
async def test_the_board_stays_what_a_reload_would_show(username: str) -> None:
    with fake_service() as service:
        await act(board_with_release, service.url)
        async with viewing(username, "/", "/ws/board/") as viewer:
            for name, deed in STORY.items():
                before = await act(sequence)
                await act(deed)
                grown = await act(sequence) - before

                shown, reloaded = await follow(viewer, viewer.sequence + grown)

                assert shown == reloaded, name


async def test_several_viewers_see_the_same() -> None:
    release = await act(board_with_release)
    async with AsyncExitStack() as stack:
        viewers = [
            await stack.enter_async_context(
                viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/")
            )
            for _ in range(3)
        ]
        await act(STORY["promote"])
        wanted = await act(sequence)
        shown = [(await follow(viewer, wanted))[0] for viewer in viewers]

    assert shown == [shown[0]] * 3


async def test_who_arrives_in_the_middle_sees_the_present() -> None:
    release = await act(board_with_release)
    await act(STORY["promote"])
    async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        await act(STORY["succeed"])

        shown, reloaded = await follow(viewer, await act(sequence))

    assert shown == reloaded


async def test_a_page_that_was_loaded_before_its_socket_opened_catches_up() -> None:
    release = await act(board_with_release)
    address, path = f"/releases/{release.version}", f"/ws/releases/{release.pk}/"
    async with viewing("maria", address, path) as early:
        await act(STORY["promote"])
        async with viewing("maria", address, path) as viewer:
            viewer.page = early.page
            await viewer.connection.send_to(text_data="resync")

            shown, reloaded = await follow(viewer, await act(sequence))

    assert shown == reloaded


async def test_another_releases_promotion_shows_on_this_ones_page() -> None:
    release = await act(board_with_release)
    other = await act(created, title="another")
    async with viewing("maria", f"/releases/{other.version}", f"/ws/releases/{other.pk}/") as first:
        await act(promote, release)
        async with viewing("maria", f"/releases/{other.version}", f"/ws/releases/{other.pk}/") as second:
            assert second.shown() == await second.reloaded()
        await first.receive()

        assert first.shown() == await first.reloaded()
