from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from releases.models import Constraint, Freeze

if TYPE_CHECKING:
    from tests.api.calling import Caller

BROKEN = {"inventory": "1.3.0", "recommendations": "2.2.0"}
NEW_RULE = {"consumer": "web", "consumer_range": "*", "provider": "inventory", "provider_range": ">=9.0.0"}
NEW_FREEZE = {"stage": "PROD", "starts_at": "2030-12-01T00:00:00Z", "ends_at": "2030-12-02T00:00:00Z", "reason": "fair"}


def preview(viewer: Caller, what_if: dict[str, Any], **versions: str) -> dict[str, Any]:
    answer = viewer.post("/plans/preview", {"versions": versions, "what_if": what_if})
    assert answer.status_code == 200, answer.json()
    plan: dict[str, Any] = answer.json()
    return plan


def refusal(viewer: Caller, what_if: object) -> list[tuple[str, str]]:
    """Return the names of the wrong parts of the request, with what is wrong."""
    answer = viewer.post("/plans/preview", {"what_if": what_if})
    assert answer.status_code == 422
    return [(".".join(map(str, error["loc"])), error["msg"]) for error in answer.json()["errors"]]


def test_a_preview_without_what_if_is_compared_with_nothing(viewer: Caller) -> None:
    assert viewer.post("/plans/preview", {}).json()["compared"] is None


def test_a_deleted_rule_lets_the_set_pass_and_the_answer_tells_how_things_are(viewer: Caller) -> None:
    rule = Constraint.objects.get(provider_range=">=1.4.0")
    plan = preview(viewer, {"constraints": [{"id": rule.pk, "delete": True}]}, **BROKEN)
    assert (plan["verdict"]["overall"], plan["can_be_created"]) == ("COMPATIBLE", True)
    compared = plan["compared"]
    assert (compared["overall"], compared["platform_version"], compared["can_be_created"]) == (
        "INCOMPATIBLE",
        "2.2.0",
        False,
    )
    assert [reason["evidence"] for reason in compared["reasons"]] == [f"constraint:{rule.pk}"]


def test_a_rule_that_is_tried_out_has_a_number_that_no_stored_one_has(viewer: Caller) -> None:
    plan = preview(viewer, {"constraints": [NEW_RULE]})
    errors = [reason["evidence"] for reason in plan["verdict"]["reasons"] if reason["severity"] == "ERROR"]
    assert (errors, Constraint.objects.filter(provider_range=">=9.0.0").count()) == (["constraint:-1"], 0)


def test_the_digest_is_the_one_that_the_stored_rule_gives(viewer: Caller) -> None:
    rule = Constraint.objects.get(provider_range=">=1.4.0")
    tried = preview(viewer, {"constraints": [{"id": rule.pk, "provider_range": ">=1.3.0"}]}, **BROKEN)
    Constraint.objects.filter(pk=rule.pk).update(provider_range=">=1.3.0")
    assert viewer.post("/plans/preview", {"versions": BROKEN}).json()["digest"] == tried["digest"]


def test_denials_rows_and_freezes_are_tried_out_together(viewer: Caller) -> None:
    plan = preview(
        viewer,
        {
            "denials": [{"service": "web", "service_range": "*", "other": "helm", "other_range": "*"}],
            "rows": [{"platform_version": "2.2.0", "service": "inventory", "approved": ["1.4.0"]}],
            "freezes": [NEW_FREEZE],
        },
    )
    codes = {reason["code"] for reason in plan["verdict"]["reasons"] if reason["severity"] == "ERROR"}
    assert (codes, plan["gates"]) == (
        {"denied"},
        [
            {
                "kind": "freeze",
                "stage": "PROD",
                "is_open": True,
                "text": "PROD will be frozen from 2030-12-01 00:00 to 2030-12-02 00:00 UTC: fair.",
                "begins": "2030-12-01T00:00:00Z",
                "until": "2030-12-02T00:00:00Z",
            }
        ],
    )
    assert Freeze.objects.count() == 0


def test_the_way_there_is_told_with_its_risks_and_how_long_it_takes(viewer: Caller) -> None:
    plan = preview(
        viewer,
        {"constraints": [NEW_RULE | {"consumer": "checkout", "consumer_range": "1.5.2", "provider_range": "<1.4"}]},
    )
    assert [(risk["begins"], risk["ends"], risk["overall"], risk["avoidable_by"]) for risk in plan["risks"]] == [
        (1, 2, "INCOMPATIBLE", ["checkout", "inventory"])
    ]
    stages = plan["forecast"].pop("stages")
    assert [(stage["stage"], stage["forecast"]["p50_ms"], stage["forecast"]["p90_ms"]) for stage in stages] == [
        ("DEV", None, 4 * 10_000),
        ("PROD", None, 4 * 10_000),
    ]
    assert plan["forecast"] == {
        "critical_path_ms": None,
        "critical_path": [],
        "barrier_ms": None,
        "unknown": ["checkout", "helm", "inventory", "recommendations", "web"],
    }


@pytest.mark.parametrize(
    ("what_if", "place"),
    [
        ({"constraints": [NEW_RULE | {"provider_range": "web"}]}, "body.what_if.constraints.0.provider_range"),
        ({"constraints": [NEW_RULE, {"id": 77_777}]}, "body.what_if.constraints.1.id"),
        ({"constraints": [NEW_RULE | {"severity": "FATAL"}]}, "body.what_if.constraints.0.severity"),
        ({"constraints": [NEW_RULE | {"severity": "OK"}]}, "body.what_if.constraints.0.severity"),
        ({"constraints": [NEW_RULE | {"note": "x"}]}, "body.what_if.constraints.0.note"),
        ({"constraints": [NEW_RULE | {"consumer": "shop"}]}, "body.what_if.constraints.0.consumer"),
        ({"constraints": [NEW_RULE] * 51}, "body.what_if.constraints"),
        ({"denials": [{"service": "web", "other": "helm"}]}, "body.what_if.denials.0.service_range"),
        ({"rows": [{"platform_version": "2.2.0", "service": "web"}]}, "body.what_if.rows.0.approved"),
        (
            {"rows": [{"platform_version": "2.2.0", "service": "web", "approved": ["1.0.0"], "delete": True}]},
            "body.what_if.rows.0.approved",
        ),
        ({"freezes": [NEW_FREEZE | {"stage": "MOON"}]}, "body.what_if.freezes.0.stage"),
        ({"freezes": [NEW_FREEZE | {"ends_at": "2030-12-01T00:00:00Z"}]}, "body.what_if.freezes.0.ends_at"),
        ({"freezes": [NEW_FREEZE | {"starts_at": "2030-12-01T00:00:00"}]}, "body.what_if.freezes.0.starts_at"),
        ({"frosts": []}, "body.what_if.frosts"),
        ([], "body.what_if"),
    ],
)
def test_a_malformed_edit_is_refused_by_its_name(viewer: Caller, what_if: object, place: str) -> None:
    assert [where for where, _ in refusal(viewer, what_if)] == [place]


def test_a_refusal_says_how_to_mend_the_edit(viewer: Caller) -> None:
    assert refusal(viewer, {"constraints": [NEW_RULE | {"provider": "web"}]}) == [
        ("body.what_if.constraints.0.provider", "A rule is about two services, not web and itself.")
    ]


def test_a_release_is_created_of_stored_rules_only(manager: Caller) -> None:
    answer = manager.post("/releases", {"accept_digest": "x", "what_if": {}})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "what_if"])
