"""A plan as a terminal shows it: what only some plans have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from releases.display.plan_lines import judgement_lines, plan_lines
from releases.domain.conflict import Conflict
from releases.domain.gates import Freeze
from releases.domain.judgement import Judgement
from releases.domain.plans import PlanFacts, PlanRequest, build_plan
from releases.domain.rules import Ignore
from releases.domain.solver import Search
from releases.domain.verdicts import Verdict
from releases.domain.versions import parse
from tests.domain.platform import LIVE, LIVE_RAW, RULES, constraint, registry

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FACTS = PlanFacts(baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=replace(RULES, as_of=NOW))
NOTHING = Verdict(reasons=())


def lines(facts: PlanFacts, **overrides: str) -> list[str]:
    return list(plan_lines(build_plan(PlanRequest(overrides=overrides), facts)))


def test_a_forecast_tells_the_phases_and_the_longest_chain() -> None:
    durations = {"inventory": 3_000, "recommendations": 70_000, "checkout": 4_000, "web": 5_000, "helm": 4_000}
    assert lines(replace(FACTS, durations=durations))[-3:-1] == [
        "Forecast: 1m 22s phase by phase; the longest chain takes 1m 22s.",
        "  Longest chain: inventory → recommendations → web → helm",
    ]


def test_where_nothing_changes_there_is_no_chain_and_services_stay() -> None:
    shown = lines(FACTS, **LIVE_RAW)
    assert shown[0] == "Platform version: 2.1.0 → none (NONE)"
    assert shown[shown.index("Versions:") :][:2] == ["Versions:", "  checkout 1.5.2 stays."]
    assert shown[-2] == "Forecast: 0s phase by phase; the longest chain takes 0s."


def test_without_an_order_there_is_no_forecast() -> None:
    circle = {**RULES.depends_on, "inventory": frozenset({"web"})}
    shown = lines(replace(FACTS, rules=replace(RULES, depends_on=circle)))
    assert [line for line in shown if line.startswith(("Forecast", "Phases"))] == []


def test_risks_and_gates_are_told_after_the_verdict() -> None:
    rule = constraint(21, "checkout", "1.5.2", "inventory", "<1.4.0")
    freeze = Freeze(id=1, stage="PROD", starts_at=NOW, ends_at=datetime(2026, 12, 2, tzinfo=UTC), reason="holidays")
    rules = replace(FACTS.rules, constraints=(*RULES.constraints, rule))
    window = (
        "From phase 1 until phase 2, inventory 1.4.0 (new) may run with checkout 1.5.2 (old): "
        "checkout 1.5.2 needs inventory <1.4.0, but inventory 1.4.0 is chosen."
    )
    assert lines(replace(FACTS, rules=rules, freezes=(freeze,)))[-5:-2] == [
        f"Risk (incompatible): {window}",
        "  Fix: Promoting checkout before inventory avoids this, for example in a release of its own.",
        "Gate: PROD is frozen until 2026-12-02 00:00 UTC: holidays.",
    ]


def test_what_is_ignored_says_so_instead_of_how_to_mend_it() -> None:
    until = datetime(2026, 12, 24, tzinfo=UTC)
    ignore = Ignore(
        id=1,
        code="range-broken",
        service="recommendations",
        other="inventory",
        reason="Nobody reads it.",
        by="maria",
        expires_at=until,
    )
    shown = lines(replace(FACTS, rules=replace(FACTS.rules, ignores=(ignore,))), inventory="1.3.0")
    place = shown.index("Warning: recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen.")
    assert shown[place + 1] == "  Ignoring until 2026-12-24 00:00 UTC: Nobody reads it. (maria)"


def test_a_search_that_ran_out_of_time_claims_nothing() -> None:
    judgement = Judgement(verdict=NOTHING, search=Search.UNDETERMINED)
    assert list(judgement_lines(judgement, {})) == [
        "Undetermined: no services",
        "The time for the search ended before a set that fits was found or ruled out.",
    ]


@pytest.mark.parametrize(
    ("is_minimal", "words"),
    [(True, "Rules that rule out every set"), (False, "Fewest rules found that rule out every set")],
)
def test_of_many_rules_to_blame_the_first_five_are_shown_with_the_count(is_minimal: object, words: str) -> None:
    rules = tuple(constraint(number, "web", "*", "helm", f">={number}.0.0") for number in range(1, 8))
    judgement = Judgement(
        verdict=NOTHING, search=Search.NONE, conflict=Conflict(rules=rules, is_minimal=bool(is_minimal))
    )
    assert list(judgement_lines(judgement, {}))[1:] == [
        "No set of known versions fits.",
        f"{words} (5 of 7 shown):",
        *(f"  web * needs helm >={number}.0.0 (constraint:{number})" for number in range(1, 6)),
    ]


def test_the_first_platform_version_comes_from_none() -> None:
    shown = list(plan_lines(build_plan(PlanRequest(), replace(FACTS, live={}, baseline=None))))
    assert shown[0] == "Platform version: none → 1.0.0 (MINOR)"
