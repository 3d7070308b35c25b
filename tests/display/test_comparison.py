from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from releases.display.comparison import Line, compared
from releases.domain.gates import Freeze
from releases.domain.plans import Plan, PlanFacts, PlanRequest, build_plan
from releases.domain.versions import parse
from tests.domain.platform import LIVE, RULES, constraint, registry

FACTS = PlanFacts(baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=RULES)


def plan(facts: PlanFacts = FACTS, **choices: str) -> Plan:
    return build_plan(PlanRequest(overrides=choices), facts)


def test_a_plan_differs_in_nothing_from_itself() -> None:
    comparison = compared(plan(), plan())
    assert (comparison.is_same, comparison.gone, comparison.new) == (True, (), ())


def test_only_services_that_differ_have_a_line_of_their_own() -> None:
    comparison = compared(plan(), plan(inventory="1.3.0"))
    assert [line for line in comparison.lines if line.differs] == [Line(label="inventory", now="1.4.0", then="1.3.0")]
    assert [line.label for line in comparison.lines] == [
        "Platform version",
        "Change",
        "inventory",
        "Phases",
        "On the way",
        "Gates",
    ]


def test_a_rule_that_is_tried_out_shows_the_reason_that_it_brings() -> None:
    stricter = replace(
        FACTS, rules=replace(RULES, constraints=(*RULES.constraints, constraint(99, "web", "*", "checkout", ">=9")))
    )
    comparison = compared(plan(), plan(stricter))
    assert [reason.text for reason in comparison.new] == ["web 3.0.2 needs checkout >=9, but checkout 1.5.3 is chosen."]
    assert (comparison.gone, comparison.is_same) == ((), False)


def test_a_reason_that_ends_is_listed_as_gone() -> None:
    broken = plan(inventory="1.3.0")
    comparison = compared(broken, plan())
    assert [reason.text for reason in comparison.gone] == [
        "recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen."
    ]


def test_a_freeze_that_is_tried_out_differs_in_the_gates_alone() -> None:
    noon = datetime(2026, 12, 24, 12, tzinfo=UTC)
    freeze = Freeze(id=-1, stage="PROD", starts_at=noon, ends_at=noon + timedelta(days=1), reason="holidays")
    facts = replace(FACTS, rules=replace(RULES, as_of=noon))
    comparison = compared(plan(facts), plan(replace(facts, freezes=(freeze,))))
    assert [line for line in comparison.lines if line.differs] == [
        Line(label="Gates", now="", then="PROD is frozen until 2026-12-25 12:00 UTC: holidays.")
    ]
