from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.compatibility import Overall, Rules, judge
from releases.domain.evidence import open_rules
from releases.domain.solver import Proof, Recommendation, conflict_core, cost, recommend, search
from releases.domain.versions import parse
from tests.domain.platform import NEXT, OFFERED, RULES, constraint, versions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from releases.domain.versions import Version

PLATFORM = parse("2.2.0")
SERVICES = "abcd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    rules: Rules
    versions: Mapping[str, Version]
    candidates: Mapping[str, tuple[Version, ...]]

    def recommend(self, *, pins: Collection[str] = (), budget: int = 5000) -> Recommendation | None:
        return recommend(
            versions=self.versions,
            rules=self.rules,
            candidates=self.candidates,
            pins=pins,
            platform_version=PLATFORM,
            include_prereleases=False,
            node_budget=budget,
        )

    def core(self, rules: Rules | None = None, *, budget: int = 5000) -> list[int]:
        found = conflict_core(
            versions=self.versions,
            rules=rules or self.rules,
            candidates=self.candidates,
            platform_version=PLATFORM,
            include_prereleases=False,
            node_budget=budget,
        )
        return [each.id for each in found]


def case(chosen: Mapping[str, str], offered: Mapping[str, str], *lines: tuple[str, str, str, str]) -> Case:
    rules = Rules(
        constraints=tuple(constraint(number, *line) for number, line in enumerate(lines, start=1)),
        depends_on={line[0]: frozenset(other[2] for other in lines if other[0] == line[0]) for line in lines},
        required=frozenset({*chosen, *offered}),
    )
    candidates = {service: tuple(map(parse, texts.split())) for service, texts in offered.items()}
    return Case(rules=rules, versions=versions(chosen), candidates=candidates)


def changes(found: Recommendation | None) -> list[tuple[str, str | None, str]] | None:
    if found is None:
        return None
    return [(each.service, each.before.raw if each.before else None, each.after.raw) for each in found.changes]


def test_the_bookverse_is_mended_by_one_upgrade_and_told_why() -> None:
    chosen = {**NEXT, "inventory": parse("1.3.0")}
    found = Case(rules=RULES, versions=chosen, candidates=OFFERED).recommend()
    assert found is not None
    assert (changes(found), found.proof, found.versions) == ([("inventory", "1.3.0", "1.4.0")], Proof.PROVEN, NEXT)
    assert found.changes[0].why == "recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen."


def test_a_compatible_set_needs_no_change() -> None:
    assert changes(Case(rules=RULES, versions=NEXT, candidates=OFFERED).recommend()) == []


def test_a_pinned_service_is_left_alone() -> None:
    chosen = {**NEXT, "inventory": parse("1.3.0")}
    found = Case(rules=RULES, versions=chosen, candidates=OFFERED).recommend(pins={"inventory"})
    assert changes(found) == [("recommendations", "2.2.0", "2.1.0")]


def test_an_external_service_is_left_alone() -> None:
    given_case = case({"a": "1.0.0", "b": "1.0.0"}, {"b": "2.0.0"}, ("a", "*", "b", ">=2.0.0"))
    external = replace(given_case.rules, required=frozenset("a"), external=frozenset("b"))
    assert replace(given_case, rules=external).recommend() is None


def test_a_missing_service_is_added() -> None:
    found = case({"a": "1.0.0"}, {"b": "1.0.0 2.0.0"}, ("a", "*", "b", "^1.0.0")).recommend()
    assert found is not None
    assert (changes(found), found.changes[0].why) == (
        [("b", None, "1.0.0")],
        "b belongs to the platform, but no version of it is chosen.",
    )


def test_an_unexpected_service_cannot_be_mended() -> None:
    stray = replace(RULES, required=RULES.required - {"helm"})
    assert Case(rules=stray, versions=NEXT, candidates=OFFERED).recommend() is None


def test_one_change_is_better_than_two() -> None:
    lines = (
        ("a", ">=2.0.0", "b", ">=2.0.0"),
        ("a", ">=2.0.0", "c", ">=2.0.0"),
        ("a", "<2.0.0", "b", "*"),
        ("a", "<2.0.0", "c", "*"),
    )
    found = case({"a": "2.0.0", "b": "1.0.0", "c": "1.0.0"}, {"a": "1.0.0", "b": "2.0.0", "c": "2.0.0"}, *lines)
    assert changes(found.recommend()) == [("a", "2.0.0", "1.0.0")]


def test_two_changes_are_found_when_one_is_not_enough() -> None:
    lines = (("a", "*", "b", ">=2.0.0"), ("a", "*", "c", ">=2.0.0"))
    found = case({"a": "2.0.0", "b": "1.0.0", "c": "1.0.0"}, {"b": "2.0.0", "c": "2.0.0"}, *lines)
    assert changes(found.recommend()) == [("b", "1.0.0", "2.0.0"), ("c", "1.0.0", "2.0.0")]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("1.0.0 3.0.0", "3.0.0"),  # no downgrade
        ("2.2.1 3.0.0", "2.2.1"),  # least level
        ("2.2.1-rc.1 2.2.2", "2.2.2"),  # no prerelease
        ("2.2.1 2.2.3 2.2.2", "2.2.3"),  # newest
    ],
)
def test_among_equal_numbers_of_changes_the_gentlest_wins(offered: str, chosen: str) -> None:
    line = ("a", "*", "b", "<2.2.0 || >2.2.0 || 2.2.1-rc.1")
    assert changes(case({"a": "1.0.0", "b": "2.2.0"}, {"b": offered}, line).recommend()) == [("b", "2.2.0", chosen)]


def test_a_set_that_stays_unknown_is_not_recommended() -> None:
    unknown = Case(rules=replace(RULES, constraints=()), versions=NEXT, candidates=OFFERED)
    assert unknown.recommend() is None


LOCKED = case(
    {"a": "1.0.0", "b": "1.0.0", "c": "1.0.0"},
    {"a": "1.0.0", "b": "1.0.0 2.0.0", "c": "1.0.0"},
    ("a", "*", "b", ">=2.0.0"),
    ("c", "*", "b", "<2.0.0"),
    ("c", "*", "a", "*"),
    ("b", "*", "a", "*"),
)


def test_when_nothing_helps_exactly_the_rules_to_blame_are_named() -> None:
    assert (LOCKED.recommend(), LOCKED.core()) == (None, [1, 2])


@pytest.mark.parametrize("left_out", [1, 2])
def test_without_any_one_of_the_blamed_rules_a_set_exists(left_out: int) -> None:
    rest = tuple(each for each in LOCKED.rules.constraints if each.id != left_out)
    assert LOCKED.core(replace(LOCKED.rules, constraints=rest)) == []


def test_no_rule_is_blamed_for_a_service_that_does_not_exist() -> None:
    stray = replace(LOCKED, versions={**LOCKED.versions, "x": parse("1.0.0")})
    assert stray.core() == []


def test_no_rule_is_blamed_without_proof() -> None:
    assert LOCKED.core(budget=1) == []


def test_a_spent_budget_is_told_apart_from_an_impossible_set() -> None:
    book = open_rules(LOCKED.rules, platform_version=PLATFORM, include_prereleases=False)
    spent, whole = (
        search(versions=LOCKED.versions, book=book, candidates=LOCKED.candidates, node_budget=budget)
        for budget in (1, 5000)
    )
    assert ((spent.is_exhausted, spent.nodes), whole.is_exhausted) == ((True, 1), False)


def test_what_was_found_before_the_budget_ended_is_the_best_found() -> None:
    offered = " ".join(f"2.0.{patch}" for patch in range(20))
    found = case({"a": "1.0.0", "b": "1.0.0"}, {"b": offered}, ("a", "*", "b", ">=2.0.0")).recommend(budget=10)
    assert found is not None
    assert found.proof is Proof.BEST_FOUND


RAW = st.sampled_from(["1.0.0", "1.0.1", "1.1.0-rc.1", "1.1.0", "2.0.0"])
RANGES = st.sampled_from(["*", "^1.0.0", ">=1.1.0", "<1.1.0", ">=2.0.0", "1.0.1 || 2.0.0", ">=1.1.0-0"])
LINES = st.tuples(st.sampled_from(SERVICES), RANGES, st.sampled_from(SERVICES), RANGES).filter(
    lambda line: line[0] != line[2]
)
CASES = st.builds(
    lambda chosen, offered, lines: case(
        dict(zip(SERVICES, chosen, strict=True)), dict(zip(SERVICES, map(" ".join, offered), strict=True)), *lines
    ),
    st.tuples(RAW, RAW, RAW, RAW),
    st.tuples(*[st.lists(RAW, max_size=3, unique=True)] * len(SERVICES)),
    st.lists(LINES, max_size=5),
)


def brute_force(given_case: Case) -> list[Mapping[str, Version]]:
    """Every compatible set, whatever it costs."""
    choices = [(given_case.versions[service], *given_case.candidates[service]) for service in SERVICES]
    sets = [dict(zip(SERVICES, chosen, strict=True)) for chosen in product(*choices)]
    return [each for each in sets if is_compatible(each, given_case.rules)]


def is_compatible(chosen: Mapping[str, Version], rules: Rules) -> bool:
    found = judge(versions=chosen, platform_version=PLATFORM, rules=rules)
    return found.overall in {Overall.COMPATIBLE, Overall.COMPATIBLE_WITH_WARNINGS}


@given(CASES)
def test_the_search_finds_what_trying_everything_finds(given_case: Case) -> None:
    possible = brute_force(given_case)
    found = given_case.recommend(budget=100_000)
    if not possible:
        assert found is None
    else:
        best = min(cost(given_case.versions, each, given_case.candidates) for each in possible)
        assert found is not None
        assert (cost(given_case.versions, found.versions, given_case.candidates), found.proof) == (best, Proof.PROVEN)


@given(CASES)
def test_the_blamed_rules_conflict_and_none_of_them_is_idle(given_case: Case) -> None:
    blamed = [each for each in given_case.rules.constraints if each.id in given_case.core()]
    for left_out in [None, *blamed]:
        kept = tuple(each for each in blamed if each is not left_out)
        alone = given_case.core(replace(given_case.rules, constraints=kept))
        assert alone == ([each.id for each in blamed] if left_out is None else [])
