"""What steps add up to, what scenarios add up to, and how fast is fast enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.validation import (
    Outcome,
    RunState,
    Scenario,
    ScenarioResult,
    StepResult,
    judged,
    not_run,
    overall,
    p95,
    slowest_allowed,
)

OUTCOMES = st.sampled_from([each for each in Outcome if each is not Outcome.NOT_REACHED])
RESULTS = st.dictionaries(st.sampled_from(Scenario), OUTCOMES)
REQUIRED = st.lists(st.sampled_from(Scenario), unique=True)


def results(outcomes: dict[Scenario, Outcome]) -> list[ScenarioResult]:
    return [ScenarioResult(scenario=name, outcome=outcome, message="so") for name, outcome in outcomes.items()]


def step(outcome: Outcome, name: str = "step") -> StepResult:
    return StepResult(name=name, outcome=outcome, message="so it is")


@given(RESULTS, REQUIRED)
def test_a_run_passes_only_when_all_that_is_required_passed_and_nothing_failed(
    outcomes: dict[Scenario, Outcome], required: list[Scenario]
) -> None:
    passed = {name for name, outcome in outcomes.items() if outcome is Outcome.PASSED}
    bad = any(outcome in {Outcome.FAILED, Outcome.ERROR} for outcome in outcomes.values())

    found = overall(results(outcomes), required)

    assert (found.state is RunState.PASSED) == (bool(passed) and passed.issuperset(required) and not bad)


def test_what_is_required_and_did_not_run_is_named() -> None:
    found = overall(results({Scenario.HEALTH: Outcome.PASSED}), [Scenario.HEALTH, Scenario.SECURITY])

    assert (found.state, found.message) == (
        "not_configured",
        "Required and not run: security. That counts as not passed.",
    )


def test_a_failure_outweighs_an_error() -> None:
    found = overall(results({Scenario.JOURNEY: Outcome.ERROR, Scenario.SECURITY: Outcome.FAILED}), [])

    assert (found.state, found.message) == ("failed", "Security: so")


def test_nothing_that_ran_is_nothing_that_passed() -> None:
    found = overall([not_run(Scenario.JOURNEY, "No.")], [])

    assert (found.state, found.message) == ("not_configured", "Nothing ran, so nothing passed.")


@given(st.lists(OUTCOMES, min_size=1))
def test_a_scenario_passes_only_when_every_step_did(outcomes: list[Outcome]) -> None:
    found = judged(Scenario.HEALTH, [step(outcome) for outcome in outcomes])

    assert (found.outcome is Outcome.PASSED) == (set(outcomes) == {Outcome.PASSED})


def test_a_scenario_without_a_step_did_not_run() -> None:
    assert judged(Scenario.HEALTH, []).outcome is Outcome.NOT_CONFIGURED


def test_a_scenario_names_the_step_it_failed_at() -> None:
    steps = [step(Outcome.PASSED), step(Outcome.FAILED, "Order"), step(Outcome.NOT_REACHED)]

    assert judged(Scenario.JOURNEY, steps).message == "Order: so it is"


@pytest.mark.parametrize(
    ("durations", "expected"),
    [([7], 7), (list(range(1, 21)), 19), (list(range(1, 101)), 95), ([5, 1, 9], 9)],
)
def test_the_95th_percentile_is_the_nearest_rank(durations: list[int], expected: int) -> None:
    assert p95(durations) == expected


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_at_most_a_twentieth_is_slower_than_the_95th_percentile(durations: list[int]) -> None:
    found = p95(durations)

    assert found in durations
    assert sum(each > found for each in durations) * 20 <= len(durations)


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no percentile of nothing"):
        p95([])


def test_a_limit_is_some_percent_and_some_noise_above_the_baseline() -> None:
    assert slowest_allowed(200, slower_percent=50, slack_ms=25) == 325
