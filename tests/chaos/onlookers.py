"""People with a live page open while a day goes by, in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from releases.models import Release
from tests.chaos.records import ViewRecord
from tests.chaos.showing import marks_of
from tests.live.viewing import act, viewing, without_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.day import Day
    from tests.live.viewing import Viewer

VIEWER = "manager"
# More than the two seconds after which a page that was not nudged looks by itself.
PATIENCE_S = 5.0
LOOK_EVERY_S = 0.02


@contextmanager
def onlookers(day: Day) -> Iterator[None]:
    """Have the release's page open for the length of the block; at its end, note what was shown last."""
    release = Release.objects.get()
    ready, over = Event(), Event()

    async def look_on() -> None:
        address = f"/releases/{release.version}"
        async with viewing(VIEWER, address, f"/ws/releases/{release.pk}/") as viewer:
            ready.set()
            await _follow(viewer, over)
            day.recorder.write(_seen(viewer, release.pk))

    thread = Thread(target=asyncio.run, args=(look_on(),), name="onlooker")
    thread.start()
    try:
        ready.wait()
        yield
    finally:
        over.set()
        thread.join()


async def _follow(viewer: Viewer, over: Event) -> None:
    following = asyncio.create_task(_receive(viewer))
    await asyncio.to_thread(over.wait)
    last = (await act(Release.objects.get)).sequence
    with suppress(TimeoutError):  # a page that is behind by then is what the checker is to find
        async with asyncio.timeout(PATIENCE_S):
            while viewer.sequence < last:  # noqa: ASYNC110 (the page has no event to wait for)
                await asyncio.sleep(LOOK_EVERY_S)
    following.cancel()


async def _receive(viewer: Viewer) -> None:
    while True:
        await viewer.receive()


def _seen(viewer: Viewer, release_id: int) -> ViewRecord:
    return ViewRecord(
        viewer=VIEWER,
        page="release",
        release_id=release_id,
        sequence=viewer.sequence,
        marks=marks_of(viewer.page),
        text=without_mark(viewer.page).shown(),
    )
