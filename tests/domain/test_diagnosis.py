from __future__ import annotations

from dataclasses import replace

from releases.domain.conflict import Conflict
from releases.domain.contracts import Contract, Method
from releases.domain.diagnosis import (
    Finding,
    document_findings,
    order_of,
    rule_findings,
    running_findings,
    set_findings,
    version_findings,
)
from releases.domain.plans import Plan, PlanFacts, PlanRequest, build_plan
from releases.domain.rules import Denial, Rules, Severity
from releases.domain.selection import Candidate
from releases.domain.solver import Search
from releases.domain.verdicts import Reason, conclude
from releases.domain.versions import parse
from tests.domain.platform import DEPENDS_ON, LIVE, PHASES, RULES, constraint, registry, released

FACTS = PlanFacts(baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=RULES)
FITS = build_plan(PlanRequest(), FACTS)
UNFIT = conclude(
    [
        Reason(
            code="range-broken",
            severity=Severity.ERROR,
            service="checkout",
            other="inventory",
            evidence="constraint:7",
            fix="Take inventory 1.4.0.",
            text="checkout 1.6.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen.",
        ),
        Reason(code="range-holds", severity=Severity.OK, service="web", text="It holds."),
    ]
)


def planned(rules: Rules) -> Plan:
    return build_plan(PlanRequest(), replace(FACTS, rules=rules))


def contract(number: int) -> Contract:
    return Contract(id=number, consumer="checkout", provider="inventory", method=Method.GET, path=f"/books/{number}")


def test_services_without_a_circle_have_phases_and_no_finding() -> None:
    assert order_of(DEPENDS_ON) == (PHASES, ())


def test_a_circle_is_shown_as_a_path_with_everybody_who_waits_for_it() -> None:
    phases, found = order_of({"a": {"b"}, "b": {"a"}, "c": {"a"}})
    assert (phases, [(each.severity, each.service, each.text) for each in found]) == (
        (),
        [
            (
                Severity.ERROR,
                "a",
                "a → b → a is a circle, so no order of deployment exists and nothing can be planned.",
            ),
            (Severity.ERROR, "c", "c needs a service of a circle, so it cannot be ordered either."),
        ],
    )


def test_a_service_without_an_eligible_version_is_named_with_why() -> None:
    found = version_findings({"inventory": [released("1.5.0", tag="quarantine")], "web": [released("3.0.0")]})
    assert found == (
        Finding(
            severity=Severity.ERROR,
            text="inventory has no eligible version: 1.5.0: It is in quarantine.",
            fix="Release a version of inventory.",
            service="inventory",
        ),
    )


def test_what_is_no_version_is_listed_once_with_why() -> None:
    wrong = Candidate(version_raw="2024.05.0", registry_status="COMPLETED", release_status="RELEASED")
    [found] = version_findings({"web": [released("3.0.0"), wrong, wrong]})
    assert (found.severity, found.service, found.text.split(": ")[0]) == (
        Severity.WARNING,
        "web",
        "The registry lists “2024.05.0” for web, which is never chosen",
    )


def test_a_set_that_fits_has_no_finding() -> None:
    assert set_findings(FITS) == ()


def test_rules_that_rule_every_set_out_are_named() -> None:
    core = (constraint(1, "a", "*", "b", "^2.0.0"), constraint(2, "c", "*", "b", "^1.0.0"))
    plan = replace(FITS, verdict=UNFIT, conflict=Conflict(rules=core, is_minimal=True))
    assert set_findings(plan) == (
        Finding(
            severity=Severity.ERROR,
            text="No set of eligible versions keeps all of these rules: “a * needs b ^2.0.0”; “c * needs b ^1.0.0”. "
            "No smaller group is to blame.",
            fix="Change or remove one of them, or release a version that keeps them all.",
            evidence="constraint:1,constraint:2",
        ),
    )


def test_of_many_rules_five_are_named_and_the_rest_counted() -> None:
    core = tuple(constraint(number, "a", "*", "b", f"{number}.x") for number in range(7))
    plan = replace(FITS, verdict=UNFIT, conflict=Conflict(rules=core, is_minimal=False))
    assert set_findings(plan)[0].text.endswith("“a * needs b 4.x”; and 2 more. A smaller group may be to blame.")


def test_where_another_set_fits_it_is_proposed() -> None:
    denial = Denial(
        id=1, service="web", service_range=">=3.0.2", other="inventory", other_range="*", reason="The shop hung."
    )
    [found] = set_findings(planned(replace(RULES, denials=(denial,))))
    assert (found.severity, found.evidence, found.fix) == (
        Severity.WARNING,
        "denial:1",
        "The nearest set that fits takes web 3.0.1; the plan page offers it.",
    )


def test_a_search_that_ended_too_early_is_told_with_what_does_not_fit() -> None:
    plan = replace(FITS, verdict=UNFIT, search=Search.UNDETERMINED, recommended=None)
    assert [(each.severity, each.evidence) for each in set_findings(plan)] == [
        (Severity.WARNING, ""),
        (Severity.ERROR, "constraint:7"),
    ]


def test_what_does_not_fit_is_told_where_no_set_was_searched_for() -> None:
    plan = replace(FITS, verdict=UNFIT, search=None, recommended=None)
    assert [each.evidence for each in set_findings(plan)] == ["constraint:7"]


def test_what_a_stage_runs_is_told_with_the_stage() -> None:
    assert running_findings("QA", UNFIT) == (
        Finding(
            severity=Severity.ERROR,
            text="QA runs this now. checkout 1.6.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen.",
            fix="Take inventory 1.4.0.",
            service="checkout",
            evidence="constraint:7",
        ),
    )


def test_rules_that_can_be_kept_have_no_finding() -> None:
    assert rule_findings(RULES) == ()


def test_a_range_that_cannot_be_read_is_named_wherever_it_stands() -> None:
    denial = Denial(id=1, service="web", service_range="?", other="inventory", other_range="*", reason="why")
    rules = Rules(
        constraints=(constraint(1, "a", "*", "b", "!"),),
        denials=(denial,),
        contracts=(replace(contract(4), consumer_range="~~"),),
    )
    assert [(each.severity, each.evidence) for each in rule_findings(rules)] == [
        (Severity.ERROR, "constraint:1"),
        (Severity.ERROR, "denial:1"),
        (Severity.ERROR, "contract:4"),
    ]


def test_a_contradiction_is_told_once_with_both_rules() -> None:
    rules = Rules(constraints=(constraint(1, "a", "*", "b", "^2.0.0"), constraint(2, "a", "*", "b", "^1.0.0")))
    assert [(each.severity, each.evidence) for each in rule_findings(rules)] == [
        (Severity.WARNING, "constraint:1,constraint:2")
    ]


def test_every_range_that_admits_nothing_is_told() -> None:
    empty = constraint(1, "a", "*", "b", ">2.0.0 <1.0.0")
    found = rule_findings(Rules(constraints=(empty, replace(empty, id=2))))
    assert [(each.evidence, each.fix) for each in found] == [
        ("constraint:1", "Widen the range, or remove the rule."),
        ("constraint:2", "Widen the range, or remove the rule."),
    ]


def test_a_version_of_a_provider_without_a_document_is_named_once() -> None:
    rules = Rules(contracts=(contract(4), contract(5)), documents={"inventory": {"1.4.0": {"openapi": "3.1.0"}}})
    found = document_findings(rules, {"inventory": {"1.4.0", "1.5.0"}, "web": {"3.0.0"}})
    assert found == (
        Finding(
            severity=Severity.WARNING,
            text="inventory 1.5.0 has no API document, so the 2 contracts with it cannot be checked.",
            fix="Upload the OpenAPI document of inventory 1.5.0, or let the board fetch it from the service.",
            service="inventory",
            evidence="contract:4,contract:5",
        ),
    )


def test_one_contract_is_one() -> None:
    [found] = document_findings(Rules(contracts=(contract(4),)), {"inventory": {"1.5.0"}})
    assert found.text == "inventory 1.5.0 has no API document, so the contract with it cannot be checked."
