"""What an urgency lets a hotfix skip, what must hold, and what is owed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.hotfixes import (
    DEFAULT_POLICIES,
    DebtCause,
    HotfixPolicy,
    Trial,
    Urgency,
    carries,
    hotfix_problems,
    owed_by,
    scope_of,
    why_untested,
)
from releases.domain.plans import PlanFacts, PlanRequest, build_plan
from releases.domain.rules import LiveHotfix, Rules, Severity
from releases.domain.undone_hotfixes import undone_hotfixes
from releases.domain.validation import Outcome, Scenario
from releases.domain.versions import parse
from tests.domain.platform import LIVE, NEXT_RAW, RULES, registry

STAGES = ("DEV", "QA", "STAGING", "PROD")
USUAL = (Scenario.JOURNEY, Scenario.HEALTH, Scenario.SECURITY, Scenario.CONSISTENCY)
CRITICAL = DEFAULT_POLICIES[Urgency.CRITICAL]
FIX = LiveHotfix(
    id=3, platform_version="2.1.1", service="checkout", version="1.5.3", urgency="CRITICAL", reason="Orders fail."
)


def found(scenario: Scenario, outcome: Outcome, message: str = "") -> dict[Scenario, Trial]:
    return {scenario: Trial(scenario=scenario, stage="STAGING", outcome=outcome, message=message)}


def test_a_critical_hotfix_takes_the_last_two_stages_and_leaves_out_what_it_need_not_pass() -> None:
    scope = scope_of(CRITICAL, STAGES, USUAL)

    assert (scope.path, scope.skipped_stages) == (("STAGING", "PROD"), ("DEV", "QA"))
    assert scope.skipped_scenarios == (Scenario.JOURNEY, Scenario.SECURITY, Scenario.CONSISTENCY)


def test_a_low_hotfix_takes_every_stage() -> None:
    scope = scope_of(DEFAULT_POLICIES[Urgency.LOW], STAGES, USUAL)

    assert (scope.path, scope.skipped_stages, scope.skipped_scenarios) == ((), (), ())


def test_the_higher_the_urgency_the_less_time_there_is() -> None:
    assert sorted(Urgency, key=lambda each: DEFAULT_POLICIES[each].budget_ms) == [
        Urgency.CRITICAL,
        Urgency.HIGH,
        Urgency.MEDIUM,
        Urgency.LOW,
    ]


@given(st.sets(st.sampled_from(STAGES)))
def test_the_last_stage_is_never_skipped_and_the_rest_is_gone_through_in_order(skips: set[str]) -> None:
    scope = scope_of(replace(CRITICAL, skips=tuple(sorted(skips))), STAGES, USUAL)
    way = scope.path or STAGES

    assert way[-1] == "PROD"
    assert sorted((*way, *scope.skipped_stages), key=STAGES.index) == list(STAGES)


def test_a_stage_that_the_platform_does_not_have_is_not_skipped() -> None:
    assert scope_of(CRITICAL, ("TEST", "LIVE"), USUAL).path == ()


def test_a_hotfix_needs_an_urgency_and_a_reason() -> None:
    assert [problem.field for problem in hotfix_problems("hotfix", "  ", None)] == ["urgency", "reason"]


def test_other_kinds_need_neither() -> None:
    assert hotfix_problems("independent", "", None) == ()


def test_a_plan_agrees_to_what_is_skipped_and_not_to_when_it_is_due() -> None:
    request = PlanRequest(
        kind="hotfix", urgency="CRITICAL", reason="broken", overrides={"checkout": NEXT_RAW["checkout"]}
    )
    facts = PlanFacts(baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=RULES)

    def digest(policy: HotfixPolicy) -> str:
        scope = scope_of(policy, STAGES, USUAL)
        return build_plan(replace(request, path=scope.path), replace(facts, hotfix=scope)).digest

    assert digest(CRITICAL) == digest(replace(CRITICAL, debt_days=1, budget_ms=1))
    assert digest(CRITICAL) != digest(replace(CRITICAL, scenarios=()))
    assert digest(CRITICAL) != digest(replace(CRITICAL, skips=("DEV",)))


def test_a_hotfix_whose_tests_passed_may_go_on() -> None:
    tested = found(Scenario.HEALTH, Outcome.PASSED)

    assert why_untested("CRITICAL", "PROD", "STAGING", [Scenario.HEALTH], tested) == ""


@pytest.mark.parametrize(
    ("tested", "said"),
    [
        ({}, "service health was not run in STAGING"),
        (
            found(Scenario.HEALTH, Outcome.FAILED, "web answered 500."),
            "service health failed in STAGING: web answered 500",
        ),
        (found(Scenario.HEALTH, Outcome.ERROR), "service health broke in STAGING"),
        (found(Scenario.HEALTH, Outcome.NOT_CONFIGURED), "service health could not run in STAGING"),
    ],
)
def test_a_test_that_did_not_pass_keeps_the_hotfix_back(tested: dict[Scenario, Trial], said: str) -> None:
    assert why_untested("CRITICAL", "PROD", "STAGING", [Scenario.HEALTH], tested) == (
        f"PROD takes a CRITICAL hotfix once its tests passed in STAGING; {said}."
    )


def test_every_skipped_stage_and_test_is_owed() -> None:
    owed = owed_by(("DEV", "QA"), (Scenario.JOURNEY, Scenario.HEALTH), found(Scenario.HEALTH, Outcome.PASSED))

    assert [(each.subject, each.cause, each.text) for each in owed] == [
        ("DEV", "skipped", "DEV was skipped."),
        ("QA", "skipped", "QA was skipped."),
        ("journey", "skipped", "End-to-end journey was not run."),
    ]


def test_a_test_that_failed_is_owed_as_failed_and_never_as_skipped() -> None:
    """Mistake 13.5 no. 40: a CRITICAL hotfix let failed non-critical tests pass, logged as skipped."""
    owed = list(owed_by((), (Scenario.HEALTH,), found(Scenario.SECURITY, Outcome.FAILED, "no HSTS")))

    assert [(each.subject, each.cause, each.text) for each in owed] == [
        ("health", DebtCause.SKIPPED, "Service health was not run."),
        ("security", DebtCause.FAILED, "Security failed in STAGING: no HSTS."),
    ]


def test_what_could_not_run_is_owed_only_where_it_was_expected() -> None:
    tested = found(Scenario.PERFORMANCE, Outcome.NOT_CONFIGURED)

    assert list(owed_by((), (), tested)) == []
    assert [each.cause for each in owed_by((), (Scenario.PERFORMANCE,), tested)] == ["not_configured"]


@given(st.dictionaries(st.sampled_from(list(Scenario)), st.sampled_from([Outcome.PASSED, Outcome.FAILED])))
def test_nothing_that_passed_is_owed_and_everything_that_failed_is(outcomes: dict[Scenario, Outcome]) -> None:
    tested = {key: Trial(scenario=key, stage="QA", outcome=outcome) for key, outcome in outcomes.items()}

    owed = {each.subject: each.cause for each in owed_by((), USUAL, tested)}

    assert {name for name, cause in owed.items() if cause is DebtCause.FAILED} == {
        key.value for key, outcome in outcomes.items() if outcome is Outcome.FAILED
    }
    assert {name for name, cause in owed.items() if cause is DebtCause.SKIPPED} == {
        key.value for key in USUAL if key not in outcomes
    }


def test_a_set_older_than_a_hotfix_would_undo_it() -> None:
    (reason,) = undone_hotfixes({"checkout": parse("1.5.2")}, Rules(hotfixes=(FIX,)))

    assert (reason.code, reason.severity, reason.evidence, reason.decisive) == (
        "hotfix-undone",
        Severity.WARNING,
        "hotfix:3",
        True,
    )
    assert reason.text == (
        "checkout 1.5.2 would undo the hotfix 2.1.1 (CRITICAL: Orders fail), which brought checkout 1.5.3."
    )
    assert reason.fix == "Take checkout 1.5.3 or a newer version."


@pytest.mark.parametrize("version", ["1.5.3", "1.5.4", "2.0.0-rc.1"])
def test_a_set_with_the_hotfix_or_a_newer_version_undoes_nothing(version: str) -> None:
    assert list(undone_hotfixes({"checkout": parse(version)}, Rules(hotfixes=(FIX,)))) == []


def test_a_set_without_the_service_undoes_nothing() -> None:
    assert list(undone_hotfixes({"web": parse("1.0.0")}, Rules(hotfixes=(FIX,)))) == []


@pytest.mark.parametrize(
    ("manifest", "is_there"),
    [
        ({"checkout": "1.5.3", "web": "3.0.1"}, True),
        ({"checkout": "1.6.0-rc.1", "web": "3.0.1"}, True),
        ({"checkout": "1.5.3-rc.1", "web": "3.0.1"}, False),
        ({"checkout": "1.5.2", "web": "3.0.1"}, False),
        ({"web": "3.0.1"}, False),
    ],
)
def test_a_set_carries_a_hotfix_that_it_has_or_has_outgrown(manifest: dict[str, str], *, is_there: bool) -> None:
    assert carries(manifest, {"checkout": "1.5.3"}) is is_there
