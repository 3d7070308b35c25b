"""Who edits a rule changes what every open page says, whether a verdict changes or only its reasons."""

from __future__ import annotations

import pytest

from releases.actions.freezes import FreezeRequest, freeze_stages
from releases.actions.rules import edit_rule
from releases.domain.access import Role
from releases.models import Constraint
from tests.factories import person
from tests.live.test_pushed_is_reloaded import board_with_release, sequence
from tests.live.viewing import act, viewing

pytestmark = pytest.mark.django_db(transaction=True)


def edit(provider_range: str) -> None:
    rule = Constraint.objects.get(consumer__slug="recommendations", consumer_range=">=2.2.0")
    admin = person("root", Role.ADMIN)
    edit_rule(actor=admin, model=Constraint, number=rule.pk, fields={"provider_range": provider_range})


async def test_a_verdict_that_changes_is_pushed_to_the_release() -> None:
    release = await act(board_with_release)
    async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        await act(edit, ">=9.0.0")
        await viewer.until(await act(sequence))

        assert ("Incompatible" in viewer.shown(), viewer.shown()) == (True, await viewer.reloaded())


async def test_reasons_that_change_are_pushed_though_no_journal_tells_of_them() -> None:
    release = await act(board_with_release)
    async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        before = viewer.shown()
        await act(edit, ">=1.3.0")
        await viewer.receive()

        assert (viewer.shown() == before, viewer.shown()) == (False, await viewer.reloaded())


async def test_the_board_is_judged_anew_though_no_release_changed() -> None:
    await act(board_with_release)
    async with viewing("maria", "/", "/ws/board/") as viewer:
        frames = len(viewer.frames)
        await act(edit, ">=1.3.0")
        await viewer.receive()

        assert len(viewer.frames) == frames + 1
        assert viewer.shown() == await viewer.reloaded()


async def test_a_freeze_is_pushed_to_the_board_and_to_the_pages_of_all_releases() -> None:
    release = await act(board_with_release)
    async with (
        viewing("maria", "/", "/ws/board/") as board,
        viewing("vera", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as page,
    ):
        request = FreezeRequest(stages=("PROD",), reason="holidays", hours=4)
        await act(lambda: freeze_stages(actor=person(), request=request))
        await board.receive()
        await page.receive()

        for each in (board, page):
            assert ("PROD frozen" in each.shown(), each.shown()) == (True, await each.reloaded())
