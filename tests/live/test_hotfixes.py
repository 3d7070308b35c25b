"""A hotfix on a live page: what is pushed is what a reload would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.debts import pay_debt
from releases.models import Debt
from tests.factories import load_bookverse, person
from tests.hotfixing import live_hotfix
from tests.live.viewing import act, viewing

if TYPE_CHECKING:
    from releases.models import Release

pytestmark = pytest.mark.django_db(transaction=True)


def indebted() -> Release:
    load_bookverse()
    return live_hotfix()


async def test_a_debt_that_is_paid_is_pushed_as_a_reload_would_show_it() -> None:
    release = await act(indebted)
    async with viewing("maria", f"/releases/{release.version}", f"/ws/releases/{release.pk}/") as viewer:
        debt = await act(lambda: Debt.objects.order_by("pk")[0].pk)
        await act(lambda: pay_debt(actor=person(), debt_id=debt, how="ran in DEV"))
        await act(release.refresh_from_db)
        await viewer.until(release.sequence)
        assert viewer.shown() == await viewer.reloaded()
