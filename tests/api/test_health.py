"""The platform's health by the API: the status for everybody, the report and the history for who may look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.actions.health import keep_health
from releases.models import Deployment, Pulse

if TYPE_CHECKING:
    from tests.api.calling import Caller


def look_again() -> None:
    Pulse.objects.all().delete()
    keep_health()


def test_nobody_is_told_the_platforms_report(nobody: Caller) -> None:
    keep_health()

    assert nobody.get("/health").json() == {"status": "ok"}
    assert nobody.get("/health/history").status_code == 401


def test_before_the_first_look_there_is_no_report(viewer: Caller) -> None:
    assert "platform" not in viewer.get("/health").json()


def test_a_viewer_is_told_the_newest_report(viewer: Caller) -> None:
    keep_health()
    platform = viewer.get("/health").json()["platform"]

    assert (platform["status"], platform["stage"], platform["looks"]) == ("UNKNOWN", "PROD", 1)
    assert [each["check"] for each in platform["checks"]] == [
        "service_health",
        "inter_service_connectivity",
        "database_connectivity",
        "external_dependencies",
        "performance",
    ]


def test_the_history_is_told_newest_first_in_pages(viewer: Caller) -> None:
    keep_health()
    Deployment.objects.filter(service__slug="inventory").delete()
    look_again()
    first = viewer.get("/health/history", {"limit": 1}).json()
    second = viewer.get("/health/history", {"limit": 1, "cursor": first["next_cursor"]}).json()

    assert [each["status"] for page in (first, second) for each in page["items"]] == ["UNHEALTHY", "UNKNOWN"]
    assert second["next_cursor"] is None
