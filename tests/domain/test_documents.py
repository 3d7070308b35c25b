"""Plans as plain JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from releases.domain.documents import compared_document, judgement_document, plan_document, verdict_document
from releases.domain.gates import Freeze
from releases.domain.judgement import Judgement
from releases.domain.plans import Plan, PlanFacts, PlanRequest, build_plan
from releases.domain.versions import parse
from tests.domain.platform import LIVE, NEXT_RAW, PHASES, RULES, constraint, registry

FACTS = PlanFacts(baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=RULES, published=[parse("2.1.0")])


def plan(**overrides: str) -> Plan:
    return build_plan(PlanRequest(kind="synchronized", overrides=overrides), FACTS)


def test_a_plan_survives_being_written_and_read() -> None:
    document = plan_document(plan())

    assert json.loads(json.dumps(document)) == document


def test_a_plan_names_what_it_would_release() -> None:
    document = plan_document(plan())

    assert (document["platform_version"], document["versions"]) == ("2.2.0", NEXT_RAW)
    assert document["all_phases"] == document["phases"] == [list(phase) for phase in PHASES]


def test_only_what_changes_is_in_the_phases_of_the_plan_and_all_in_the_others() -> None:
    document = plan_document(plan(checkout="1.5.2"))

    assert document["phases"] == [["inventory"], ["recommendations"], ["web"], ["helm"]]
    assert document["all_phases"] == [list(phase) for phase in PHASES]


def test_a_change_says_from_where_to_where() -> None:
    changes = plan_document(plan())["changes"]

    assert isinstance(changes, list)
    assert [(change["service"], change["from"], change["to"]) for change in changes][:2] == [
        ("checkout", "1.5.2", "1.5.3"),
        ("helm", "1.1.0", "1.1.1"),
    ]


def test_a_verdict_has_its_worst_reason_first() -> None:
    document = verdict_document(plan(inventory="1.3.0").verdict)

    reasons = document["reasons"]
    assert isinstance(reasons, list)
    assert (document["overall"], reasons[0]["severity"], reasons[0]["code"]) == (
        "INCOMPATIBLE",
        "ERROR",
        "range-broken",
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [("recommended", ("inventory", "1.3.0", "1.4.0")), ("alternative", ("recommendations", "2.2.0", "2.1.0"))],
)
def test_an_incompatible_plan_names_the_nearest_set_and_the_one_that_keeps_what_was_chosen(
    name: str, change: tuple[str, str, str]
) -> None:
    found = plan_document(plan(inventory="1.3.0"))[name]

    assert isinstance(found, dict)
    assert [(each["service"], each["from"], each["to"]) for each in found["changes"]] == [change]


def test_a_plan_that_holds_recommends_nothing() -> None:
    assert plan_document(plan())["recommended"] is None


def test_a_risk_names_both_versions_its_phases_and_the_order_that_avoids_it() -> None:
    shown = [risk for risk in documents_of(plan_with_risk(), "risks") if risk["consumer"] == "checkout"]

    assert [{name: value for name, value in risk.items() if name != "reasons"} for risk in shown] == [
        {
            "consumer": "checkout",
            "consumer_version": "1.5.2",
            "provider": "inventory",
            "provider_version": "1.4.0",
            "begins": 1,
            "ends": 2,
            "overall": "INCOMPATIBLE",
            "avoidable_by": ["checkout", "inventory"],
            "text": "From phase 1 until phase 2, inventory 1.4.0 (new) may run with checkout 1.5.2 (old): "
            "checkout 1.5.2 needs inventory <1.4.0, but inventory 1.4.0 is chosen.",
            "fix": "Promoting checkout before inventory avoids this, for example in a release of its own.",
        }
    ]
    assert [reason["evidence"] for reason in shown[0]["reasons"]] == ["constraint:21"]


def test_a_gate_tells_its_times_in_utc() -> None:
    assert documents_of(plan_with_risk(), "gates") == [
        {
            "kind": "freeze",
            "stage": "PROD",
            "is_open": False,
            "text": "PROD is frozen until 2026-12-02 00:00 UTC: holidays.",
            "begins": "2026-12-01T00:00:00Z",
            "until": "2026-12-02T00:00:00Z",
        }
    ]


def test_a_comparison_tells_of_the_plan_as_things_are_only_what_differs() -> None:
    now = plan()
    compared = compared_document(plan_with_risk(), now)

    assert compared == {
        "digest": now.digest,
        "overall": "COMPATIBLE",
        "platform_version": "2.2.0",
        "can_be_created": True,
        "changes": [],
        "reasons": [],
        "risks": [],
        "gates": [],
    }
    assert [risk["consumer"] for risk in listed(compared_document(now, plan_with_risk())["risks"])] == ["checkout"]


def test_a_plan_that_nothing_can_mend_names_the_rules_to_blame() -> None:
    locked = constraint(20, "web", "*", "helm", ">=9.0.0")
    document = plan_document(
        build_plan(PlanRequest(), replace(FACTS, rules=replace(RULES, constraints=(*RULES.constraints, locked))))
    )

    assert (document["search"], document["recommended"], document["conflict"]) == (
        "NONE",
        None,
        {
            "rules": [{"evidence": "constraint:20", "text": "web * needs helm >=9.0.0"}],
            "count": 1,
            "is_minimal": True,
        },
    )


def test_a_judgement_tells_the_set_that_it_is_about() -> None:
    shown = plan()

    document = judgement_document(Judgement(verdict=shown.verdict), shown.versions)

    assert document == {
        **verdict_document(shown.verdict),
        "recommended": None,
        "alternative": None,
        "search": None,
        "conflict": None,
        "versions": NEXT_RAW,
    }


def plan_with_risk() -> Plan:
    rule = constraint(21, "checkout", "1.5.2", "inventory", "<1.4.0")
    began, ends = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC)
    rules = replace(RULES, constraints=(*RULES.constraints, rule), as_of=began)
    freeze = Freeze(id=1, stage="PROD", starts_at=began, ends_at=ends, reason="holidays")
    return build_plan(PlanRequest(), replace(FACTS, rules=rules, freezes=(freeze,)))


def documents_of(shown: Plan, name: str) -> list[dict[str, Any]]:
    return listed(plan_document(shown)[name])


def listed(value: object) -> list[dict[str, Any]]:
    assert isinstance(value, list)
    return value
