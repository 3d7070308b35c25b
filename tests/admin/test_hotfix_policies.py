"""The table of what a hotfix may skip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.models import HotfixPolicy
from tests.admin.forms import send

if TYPE_CHECKING:
    from django.test import Client

LINE = {"urgency": "CRITICAL", "skips": ["DEV"], "scenarios": [], "budget_minutes": 30, "debt_days": 1}


def address() -> str:
    policy, _ = HotfixPolicy.objects.get_or_create(urgency="CRITICAL", defaults={"budget_minutes": 60, "debt_days": 3})
    return f"/admin/releases/hotfixpolicy/{policy.pk}/change/"


def test_a_line_of_the_table_is_edited(administrator: Client) -> None:
    answer = send(administrator, address(), LINE)

    assert answer.status_code == 302
    policy = HotfixPolicy.objects.get(urgency="CRITICAL")
    assert (policy.skips, policy.scenarios, policy.budget_minutes, policy.debt_days) == (["DEV"], [], 30, 1)
    assert policy.history.latest().budget_minutes == 30


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"skips": ["PROD"]}, "A hotfix is for PROD, so it cannot skip that."),
        ({"scenarios": ["health"]}, "Leave a stage before PROD, in which the tests can run."),
        ({"skips": ["MOON"]}, "MOON is not one of the available choices."),
        ({"budget_minutes": 0}, "greater than or equal to 1"),
    ],
)
def test_a_line_that_leads_nowhere_is_refused(administrator: Client, changed: dict[str, object], said: str) -> None:
    answer = send(administrator, address(), {**LINE, **changed})

    assert answer.status_code == 200
    assert said in answer.content.decode()
