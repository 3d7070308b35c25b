from __future__ import annotations

from typing import TYPE_CHECKING, Any

from releases.models import Release
from tests.api.platform import LIVE, NEWEST

if TYPE_CHECKING:
    from tests.api.calling import Caller

BROKEN = {"inventory": "1.3.0", "recommendations": "2.2.0"}


def errors_of(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (reason["code"], reason["required"], reason["fix"])
        for reason in document["reasons"]
        if reason["severity"] == "ERROR"
    ]


def test_a_preview_takes_the_highest_eligible_version_of_each_service(viewer: Caller) -> None:
    plan = viewer.post("/plans/preview", {"kind": "synchronized"}).json()
    assert (plan["platform_version"], plan["bump"], plan["versions"]) == (
        "2.2.0",
        "MINOR",
        NEWEST,
    )


def test_a_preview_tells_the_order_and_its_reverse(viewer: Caller) -> None:
    plan = viewer.post("/plans/preview", {}).json()
    assert plan["phases"] == [["inventory"], ["checkout", "recommendations"], ["web"], ["helm"]]
    assert plan["rollback_phases"] == plan["phases"][::-1]


def test_a_preview_tells_each_change_from_and_to(viewer: Caller) -> None:
    change = viewer.post("/plans/preview", {}).json()["changes"][0]
    assert (change["service"], change["from"], change["to"]) == ("checkout", "1.5.2", "1.5.3")


def test_a_preview_explains_why_versions_do_not_fit_and_what_would(viewer: Caller) -> None:
    plan = viewer.post("/plans/preview", {"versions": BROKEN}).json()
    assert (plan["verdict"]["overall"], plan["can_be_created"]) == ("INCOMPATIBLE", False)
    assert errors_of(plan["verdict"]) == [
        ("range-broken", ">=1.4.0", "Take inventory 1.4.0, or keep recommendations at 2.1.0.")
    ]
    assert plan["recommended"]["changes"][0].keys() == {"service", "from", "to", "why"}


def test_a_preview_names_the_part_of_the_request_to_mend(viewer: Caller) -> None:
    plan = viewer.post("/plans/preview", {"versions": {"inventory": "7.7.7"}}).json()
    assert [problem["field"] for problem in plan["problems"]] == ["versions.inventory"]


def test_a_preview_stores_nothing(viewer: Caller) -> None:
    first, second = (viewer.post("/plans/preview", {}).json()["digest"] for _ in range(2))
    assert (first, Release.objects.count()) == (second, 0)


def test_a_service_can_be_called_by_its_alias(viewer: Caller) -> None:
    plan = viewer.post("/plans/preview", {"versions": {"bookverse-inventory": "1.3.0"}}).json()
    assert plan["versions"]["inventory"] == "1.3.0"


def test_a_verdict_refuses_what_a_rule_forbids(viewer: Caller) -> None:
    judged = viewer.post("/verdict", {"versions": BROKEN}).json()
    assert judged["overall"] == "INCOMPATIBLE"
    assert errors_of(judged) == [("range-broken", ">=1.4.0", "Take inventory 1.4.0, or keep recommendations at 2.1.0.")]
    assert judged["recommended"]["versions"] == LIVE | {"inventory": "1.4.0", "recommendations": "2.2.0"}


def test_a_verdict_judges_what_is_not_named_as_it_is_live(viewer: Caller) -> None:
    judged = viewer.post("/verdict", {"versions": {"bookverse-inventory": "1.4.0"}}).json()
    assert (judged["overall"], judged["versions"]) == (
        "COMPATIBLE",
        LIVE | {"inventory": "1.4.0"},
    )


def test_a_verdict_of_what_is_no_version_names_the_service(viewer: Caller) -> None:
    answer = viewer.post("/verdict", {"versions": {"inventory": "one"}})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "versions", "inventory"])


def test_a_verdict_of_a_service_named_twice_is_refused(viewer: Caller) -> None:
    answer = viewer.post("/verdict", {"versions": {"inventory": "1.3.0", "bookverse-inventory": "1.4.0"}})
    assert (answer.status_code, answer.json()["detail"]) == (422, "inventory is named twice.")


def test_a_verdict_of_an_unknown_service_says_that_it_is_not_of_the_platform(viewer: Caller) -> None:
    judged = viewer.post("/verdict", {"versions": {"nowhere": "1.0.0"}}).json()
    assert [code for code, _, _ in errors_of(judged)] == ["unexpected-service"]
