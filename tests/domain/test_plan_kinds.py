"""Plans in which some services move and the rest stays live."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.hotfixes import HotfixScope, Urgency
from releases.domain.plans import Chooser, PlanFacts, PlanRequest, build_plan
from releases.domain.versions import parse
from tests.domain.platform import LIVE, LIVE_RAW, NEXT_RAW, RULES, registry

URGENT = HotfixScope(
    urgency=Urgency.LOW,
    path=(),
    skipped_stages=(),
    scenarios=(),
    skipped_scenarios=(),
    budget_ms=3_600_000,
    debt_days=7,
)
FACTS = PlanFacts(baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=RULES, hotfix=URGENT)
KINDS = ("independent", "hotfix")


def wish(kind: str) -> PlanRequest:
    """Ask for checkout alone; a hotfix says why."""
    return PlanRequest(kind=kind, overrides={"checkout": NEXT_RAW["checkout"]}, reason="orders fail")


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_not_named_stays_live(kind: str) -> None:
    plan = build_plan(wish(kind), FACTS)

    assert plan.versions == {**LIVE_RAW, "checkout": NEXT_RAW["checkout"]}
    assert (plan.phases, plan.platform_version, plan.can_be_created) == ((("checkout",),), "2.1.1", True)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_needs_what_changes_is_to_be_verified_again_and_not_deployed(kind: str) -> None:
    plan = build_plan(wish(kind), FACTS)

    assert plan.reverify == ("helm", "web")


def test_a_service_at_the_top_leaves_nothing_to_verify_again() -> None:
    assert build_plan(PlanRequest(kind="independent", overrides={"helm": NEXT_RAW["helm"]}), FACTS).reverify == ()


def test_in_a_synchronized_release_nothing_is_named_to_be_verified_again() -> None:
    assert build_plan(PlanRequest(overrides={"checkout": NEXT_RAW["checkout"]}), FACTS).reverify == ()


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_platform_nothing_is_released_by_itself(kind: str) -> None:
    plan = build_plan(wish(kind), replace(FACTS, baseline=None, live={}))

    assert [problem.code for problem in plan.problems] == ["nothing-live"]
    assert plan.problems[0].text == f"Nothing is live yet that this {kind} release could join."


def test_naming_nobody_changes_nothing() -> None:
    assert [problem.code for problem in build_plan(PlanRequest(kind="independent"), FACTS).problems] == ["no-change"]


def test_the_kind_is_part_of_what_is_agreed_to() -> None:
    request = PlanRequest(kind="independent", overrides={"checkout": NEXT_RAW["checkout"]})

    assert build_plan(request, FACTS).digest != build_plan(replace(request, kind="hotfix"), FACTS).digest


@given(st.sets(st.sampled_from(sorted(NEXT_RAW))))
def test_exactly_the_named_services_change(named: set[str]) -> None:
    plan = build_plan(PlanRequest(kind="independent", overrides={name: NEXT_RAW[name] for name in named}), FACTS)

    assert {change.service for change in plan.changed} == named
    assert {each.service for each in plan.changes if each.chosen_by is Chooser.LIVE} == set(LIVE_RAW) - named
    assert set(plan.reverify).isdisjoint(named)
