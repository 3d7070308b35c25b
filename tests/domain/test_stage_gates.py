"""What a stage asks for: the same judgement for a plan, which brings nothing yet, and for a release."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from releases.domain.access import Role
from releases.domain.gates import Freeze, Stay
from releases.domain.signoffs import ApprovalRule, Decision, Need, SignOff, needs_of
from releases.domain.stage_gates import Passage, StageRule, planned_gates, stage_gates

NOW = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE = ApprovalRule(stage="QA", role=Role.APPROVER, count=1)
QA = StageRule(stage="QA", before="DEV", soak_minutes=90, requires_validation=True, approvals=(ONE,))
ANNA = SignOff(
    id=1,
    role=Role.APPROVER,
    person="anna",
    decision=Decision.APPROVED,
    reason="",
    digest="d",
    agreed={},
    signed_at=NOW,
)


def test_a_plan_is_told_what_will_be_asked_for() -> None:
    assert [(gate.kind, gate.is_open, gate.text) for gate in planned_gates((), [QA], NOW)] == [
        ("soak", False, "QA takes what has run 90 minutes in DEV; it does not run there yet."),
        ("validation", False, "QA takes what passed its validation in DEV; it was not validated yet."),
        ("approval", False, "QA needs 1 sign-off of role approver."),
    ]


def test_a_release_that_brings_it_all_passes() -> None:
    brought = Passage(stay=Stay(stage="DEV", since=NOW - 2 * HOUR), outcome="passed", signoffs=(ANNA,), digest="d")
    assert [gate.is_open for gate in stage_gates(QA, brought, NOW)] == [True, True, True]


def test_before_the_first_stage_of_a_way_nothing_can_soak_or_be_validated() -> None:
    first = StageRule(stage="DEV", soak_minutes=90, requires_validation=True)
    assert planned_gates((), [first], NOW) == ()


def test_freezes_come_first_and_without_a_moment_nothing_is_told() -> None:
    freeze = Freeze(id=1, stage="PROD", starts_at=NOW, ends_at=NOW + HOUR, reason="holidays")
    assert [gate.kind for gate in planned_gates([freeze], [QA], NOW)] == ["freeze", "soak", "validation", "approval"]
    assert planned_gates([freeze], [QA], None) == ()


@pytest.mark.parametrize(
    ("urgent", "wanted"),
    [
        ((1,), [1]),
        ((3,), [3]),
        ((1, 4), [4]),
        ((), [2]),
    ],
)
def test_a_rule_for_the_urgency_takes_the_place_of_those_without(urgent: tuple[int, ...], wanted: list[int]) -> None:
    general = ApprovalRule(stage="PROD", role=Role.APPROVER, count=2)
    named = [ApprovalRule(stage="PROD", role=Role.APPROVER, count=count, urgency="CRITICAL") for count in urgent]
    assert [need.count for need in needs_of([general, *named], [], "d")] == wanted


def test_other_roles_keep_their_rules() -> None:
    rules = [
        ApprovalRule(stage="PROD", role=Role.APPROVER, count=2),
        ApprovalRule(stage="PROD", role=Role.MANAGER, count=1, urgency="CRITICAL"),
    ]
    assert needs_of(rules, [], "d") == (
        Need(role=Role.APPROVER, count=2, signers=()),
        Need(role=Role.MANAGER, count=1, signers=()),
    )


@pytest.mark.parametrize(
    ("rule", "kind", "urgency", "concerns"),
    [
        ({}, "hotfix", "LOW", True),
        ({}, "synchronized", "", True),
        ({"urgency": "LOW"}, "hotfix", "LOW", True),
        ({"urgency": "LOW"}, "hotfix", "CRITICAL", False),
        ({"urgency": "LOW"}, "synchronized", "", False),
        ({"kind": "independent"}, "hotfix", "LOW", False),
    ],
)
def test_a_rule_concerns_its_kind_and_urgency(rule: dict[str, str], kind: str, urgency: str, concerns: object) -> None:
    assert ApprovalRule(stage="PROD", role=Role.APPROVER, count=1, **rule).concerns(kind, urgency) is concerns
