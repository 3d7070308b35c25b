"""The values that were agreed on for the BookVerse: each is one test, named for what it fixes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from releases.domain.compatibility import Overall, judge
from releases.domain.dependencies import deployment_phases, rollback_phases
from releases.domain.plans import PlanFacts, PlanRequest, build_plan
from releases.domain.selection import select_version
from releases.domain.versions import Direction, Flag, InvalidVersion, Level, classify, parse
from tests.domain.platform import DEPENDS_ON, LIVE, OFFERED, RULES, registry, released, versions

INVENTORY_FIRST = (("inventory",), ("checkout", "recommendations"), ("web",), ("helm",))


def test_golden_the_five_services_go_out_in_four_phases() -> None:
    assert deployment_phases(DEPENDS_ON) == INVENTORY_FIRST


def test_golden_the_platform_service_joins_the_first_phase() -> None:
    with_platform = {**DEPENDS_ON, "web": DEPENDS_ON["web"] | {"platform"}}
    assert deployment_phases(with_platform) == (("inventory", "platform"), *INVENTORY_FIRST[1:])


def test_golden_a_rollback_is_the_same_phases_backwards_and_parallel_inside() -> None:
    assert rollback_phases(DEPENDS_ON) == (("helm",), ("web",), ("checkout", "recommendations"), ("inventory",))


def test_golden_precedence_rises_through_the_channels() -> None:
    order = ["2.1.0", "2.2.0-beta.3", "2.2.0-rc.1", "2.2.0-rc.9", "2.2.0-rc.10", "2.2.0", "2.3.0-alpha.1"]
    steps = [parse(low) < parse(high) for low, high in [*pairwise(order), ("1.9.0", "1.10.0")]]
    assert steps == [True] * 7


@pytest.mark.parametrize("name", ["2024.05.0", "2026-W48"])
def test_golden_a_calendar_version_and_the_name_of_a_train_are_no_versions(name: str) -> None:
    with pytest.raises(InvalidVersion):
        parse(name)


@pytest.mark.parametrize(
    ("old", "new", "direction", "level", "flags"),
    [
        ("1.2.3", "2.0.0", Direction.UP, Level.MAJOR, set()),
        ("1.2.3", "1.3.0", Direction.UP, Level.MINOR, set()),
        ("1.2.3", "1.2.4", Direction.UP, Level.PATCH, set()),
        ("1.2.3", "1.2.3", Direction.NONE, Level.NONE, set()),
        ("2.1.0", "1.9.0", Direction.DOWN, Level.MAJOR, set()),
        ("2.0.0-rc.1", "2.0.0", Direction.UP, Level.MAJOR, {Flag.PROMOTE}),
    ],
)
def test_golden_each_step_has_its_kind(
    old: str, new: str, direction: Direction, level: Level, flags: set[Flag]
) -> None:
    found = classify(parse(old), parse(new))
    assert (found.direction, found.level, found.flags) == (direction, level, frozenset(flags))


def test_golden_the_live_set_is_compatible_by_its_rows() -> None:
    raw = {"inventory": "1.2.3", "recommendations": "2.1.0", "checkout": "1.5.2", "web": "3.0.1", "helm": "1.1.0"}
    found = judge(versions=versions(raw), platform_version=parse("2.1.0"), rules=RULES)
    assert (found.overall, {reason.code for reason in found.reasons}) == (Overall.COMPATIBLE, {"approved-row"})


def test_golden_recommendations_without_the_inventory_that_it_needs_is_incompatible_and_says_what_mends_it() -> None:
    three = frozenset({"inventory", "recommendations", "checkout"})
    rules = replace(RULES, required=three, depends_on={name: DEPENDS_ON[name] for name in three})
    raw = {"inventory": "1.3.0", "recommendations": "2.2.0", "checkout": "1.5.2"}
    found = judge(versions=versions(raw), platform_version=parse("2.2.0"), rules=rules, candidates=OFFERED)
    (reason,) = found.errors
    assert (found.overall, reason.evidence, reason.observed, reason.required, reason.fix) == (
        Overall.INCOMPATIBLE,
        "constraint:2",
        "1.3.0",
        ">=1.4.0",
        "Take inventory 1.4.0, or keep recommendations at 2.1.0.",
    )


def test_golden_the_version_below_a_quarantined_one_is_chosen() -> None:
    found = select_version(
        "web", [released("1.9.0", tag="quarantine"), released("1.8.0", tag="latest")], admit_prereleases=False
    )
    assert (str(found.version), found.rejected) == ("1.8.0", (("1.9.0", "It is in quarantine."),))


@pytest.mark.parametrize(("expected", "wide"), [("1.9.0", False), ("1.10.0-rc.1", True)])
def test_golden_a_prerelease_is_chosen_only_where_the_policy_admits_it(expected: str, *, wide: bool) -> None:
    found = select_version("web", [released("1.9.0"), released("1.10.0-rc.1")], admit_prereleases=wide)
    assert str(found.version) == expected


def test_golden_services_in_a_circle_have_no_plan_but_a_path_and_what_it_blocks() -> None:
    circle = {**DEPENDS_ON, "inventory": frozenset({"checkout"})}
    facts = PlanFacts(
        baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=replace(RULES, depends_on=circle)
    )
    plan = build_plan(PlanRequest(), facts)
    assert (plan.phases, plan.can_be_created, [problem.text for problem in plan.problems]) == (
        (),
        False,
        [
            (
                "Services depend on each other in a circle: inventory -> checkout -> inventory. "
                "Blocked by it: helm, recommendations, web."
            )
        ],
    )
