"""Forecasts of promotions, asked for by scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.factories import created, finish, promote

if TYPE_CHECKING:
    from tests.api.calling import Caller


def test_a_release_tells_when_its_promotion_ends(viewer: Caller) -> None:
    release = created()
    promote(release)

    found = viewer.get(f"/releases/{release.version}").json()["forecast"]

    assert (found["state"], found["stage"], found["eta_at"], found["forecast"]["p90_ms"]) == (
        "running",
        "DEV",
        None,
        40_000,
    )


def test_how_forecasts_came_true_is_told_by_stage(viewer: Caller) -> None:
    finish(promote(created()))

    found = viewer.get("/forecasts/calibration").json()

    assert found["stages"][0] == {
        "stage": "DEV",
        "ended": 1,
        "with_p50": 0,
        "within_p50": 0,
        "within_p90": 1,
        "p50_percent": None,
        "p90_percent": 100,
    }
    assert (found["considered"], found["cancelled"], len(found["newest"])) == (1, 0, 1)
