"""Plans as plain JSON."""

from __future__ import annotations

import json

from releases.domain.documents import plan_document, verdict_document
from releases.domain.plans import Plan, PlanFacts, PlanRequest, build_plan
from releases.domain.versions import parse
from tests.domain.platform import LIVE, NEXT_RAW, PHASES, RULES, registry


def plan(**overrides: str) -> Plan:
    facts = PlanFacts(
        baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=RULES, published=[parse("2.1.0")]
    )
    return build_plan(PlanRequest(kind="synchronized", overrides=overrides), facts)


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


def test_an_incompatible_plan_recommends_the_nearest_set_that_holds() -> None:
    recommended = plan_document(plan(inventory="1.3.0"))["recommended"]

    assert isinstance(recommended, dict)
    assert [(change["service"], change["from"], change["to"]) for change in recommended["changes"]] == [
        ("inventory", "1.3.0", "1.4.0")
    ]


def test_a_plan_that_holds_recommends_nothing() -> None:
    assert plan_document(plan())["recommended"] is None
