"""A validation on a live page: what is pushed is what a reload would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.validations import carry_out_due_validation
from releases.live.frames import ReleaseTopic
from releases.models import ValidationTarget
from tests.actions.validating import ask, in_dev
from tests.factories import LOOKER, NEXT, load_bookverse, person
from tests.fakes.shop import fake_shop
from tests.live.viewing import act, viewing

if TYPE_CHECKING:
    from collections.abc import Callable

    from releases.models import Release

pytestmark = pytest.mark.django_db(transaction=True)


def running(url: str) -> Release:
    load_bookverse(url)
    person("maria")
    return in_dev()


async def test_the_panel_is_pushed_as_a_reload_would_show_it() -> None:
    with fake_shop(NEXT) as shop:
        release = await act(running, shop.url)
        async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
            story: tuple[Callable[[], object], ...] = (lambda: ask(release), carry_out_due_validation)
            for deed in story:
                await act(deed)
                await act(release.refresh_from_db)
                await viewer.until(release.sequence)
                assert viewer.shown() == await viewer.reloaded()


async def test_a_target_that_is_removed_changes_the_picture() -> None:
    with fake_shop(NEXT) as shop:
        release = await act(running, shop.url)
        topic = ReleaseTopic(release_id=release.pk, viewer=LOOKER)
        before = await act(topic.surroundings)
        await act(lambda: ValidationTarget.objects.all().delete())
        assert await act(topic.surroundings) != before
