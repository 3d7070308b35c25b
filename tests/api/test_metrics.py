"""The metrics by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.calling import Caller


def test_the_five_metrics_of_a_quiet_board_say_nothing_rather_than_zero(viewer: Caller) -> None:
    answer = viewer.get("/metrics/dora", {"window": "7d"}).json()
    rates = ("lead_time_ms", "change_failure_rate", "recovery_time_ms", "rework_rate")

    assert (answer["stage"], answer["deployments"], answer["deployments_per_week"]) == ("PROD", 0, 0.0)
    assert [answer[name] for name in rates] == [None] * 4
    assert [answer["before"][name] for name in rates] == [None] * 4


def test_the_objectives_are_told_with_their_targets(viewer: Caller) -> None:
    found = viewer.get("/metrics/objectives").json()["objectives"]

    assert {each["objective"]: each["target"] for each in found} == {
        "availability": 0.995,
        "steps": 0.95,
        "punctuality": 0.99,
        "deliveries": 0.99,
    }


@pytest.mark.parametrize("path", ["/metrics/dora", "/metrics/objectives"])
def test_a_window_that_is_not_on_offer_is_refused(viewer: Caller, path: str) -> None:
    assert viewer.get(path, {"window": "1y"}).status_code == 422


def test_nobody_is_told_the_metrics(nobody: Caller) -> None:
    assert nobody.get("/metrics/dora").status_code == 401
