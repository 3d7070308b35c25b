from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from releases.domain.budgets import Budget
from releases.domain.compatibility import judge
from releases.domain.evidence import open_rules
from releases.domain.rules import Failure, Row, Rules
from releases.domain.solver import Outcome, Proof, Recommendation, Search, cost, recommend, search
from releases.domain.versions import parse
from tests.benchmarks.instances import colouring
from tests.domain.platform import NEXT, OFFERED, RULES, constraint, versions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from releases.domain.solver import Cost
    from releases.domain.versions import Version

PLATFORM = parse("2.2.0")


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
            budget=Budget(nodes=budget),
        )

    def search(self, *, choices: Collection[str] = (), budget: int = 5000) -> Outcome:
        return search(
            versions=self.versions,
            book=open_rules(self.rules, platform_version=PLATFORM, include_prereleases=False),
            candidates=self.candidates,
            choices=choices,
            budget=Budget(nodes=budget),
        )


def case(chosen: Mapping[str, str], offered: Mapping[str, str], *lines: tuple[str, str, str, str]) -> Case:
    rules = Rules(
        constraints=tuple(constraint(number, *line) for number, line in enumerate(lines, start=1)),
        depends_on={line[0]: frozenset(other[2] for other in lines if other[0] == line[0]) for line in lines},
        required=frozenset({*chosen, *offered}),
    )
    candidates = {service: tuple(map(parse, texts.split())) for service, texts in offered.items()}
    return Case(rules=rules, versions=versions(chosen), candidates=candidates)


def hard(*, services: int, neighbours: int) -> Case:
    drawn = colouring(services=services, neighbours=neighbours)
    return Case(rules=drawn.rules, versions=drawn.versions, candidates=drawn.candidates)


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
    unknown = Case(rules=replace(RULES, rows=(), constraints=()), versions=NEXT, candidates=OFFERED)
    assert unknown.recommend() is None


LOCKED = case(
    {"a": "1.0.0", "b": "1.0.0", "c": "1.0.0"},
    {"a": "1.0.0", "b": "1.0.0 2.0.0", "c": "1.0.0"},
    ("a", "*", "b", ">=2.0.0"),
    ("c", "*", "b", "<2.0.0"),
    ("c", "*", "a", "*"),
    ("b", "*", "a", "*"),
)


def test_a_spent_budget_is_told_apart_from_an_impossible_set() -> None:
    spent, whole = LOCKED.search(budget=1), LOCKED.search()
    assert ((spent.result, spent.nodes), whole.result) == ((Search.UNDETERMINED, 1), Search.NONE)


def test_what_was_found_before_the_budget_ended_is_the_best_found() -> None:
    outcome = hard(services=100, neighbours=3).search(budget=200)
    assert outcome.recommendation is not None
    assert (outcome.recommendation.proof, outcome.nodes) == (Proof.BEST_FOUND, 200)


@pytest.mark.parametrize(("neighbours", "result"), [(4, Search.FOUND), (5, Search.UNDETERMINED)])
def test_colouring_a_hundred_services_ends_inside_the_budget(neighbours: int, result: Search) -> None:
    outcome = hard(services=100, neighbours=neighbours).search(budget=400)
    assert (outcome.result, outcome.nodes) == (result, 400)


def test_time_that_is_over_ends_the_search_before_it_began() -> None:
    seconds = iter([0.0, 2.0])
    budget = Budget(clock=lambda: next(seconds, 2.0))
    book = open_rules(LOCKED.rules, platform_version=PLATFORM, include_prereleases=False)
    outcome = search(versions=LOCKED.versions, book=book, candidates=LOCKED.candidates, budget=budget)
    assert (outcome.result, outcome.nodes) == (Search.UNDETERMINED, 0)


CHOSEN = case(
    {"a": "1.0.0", "b": "1.0.0", "c": "1.0.0"},
    {"a": "2.0.0", "b": "2.0.0", "c": "2.0.0"},
    ("b", "<2.0.0", "a", ">=2.0.0"),
    ("c", "<2.0.0", "a", ">=2.0.0"),
    ("c", ">=2.0.0", "a", "*"),
    ("b", ">=2.0.0", "a", "*"),
)


def test_the_fewest_changes_win_and_the_set_that_keeps_a_choice_is_offered_beside() -> None:
    outcome = CHOSEN.search(choices={"a"})
    assert changes(outcome.recommendation) == [("a", "1.0.0", "2.0.0")]
    assert changes(outcome.alternative) == [("b", "1.0.0", "2.0.0"), ("c", "1.0.0", "2.0.0")]


def test_without_a_choice_there_is_no_alternative() -> None:
    outcome = CHOSEN.search()
    assert (changes(outcome.recommendation), outcome.alternative) == ([("a", "1.0.0", "2.0.0")], None)


def test_no_alternative_is_made_up_where_a_choice_must_be_given_up() -> None:
    stuck = replace(CHOSEN, candidates={**CHOSEN.candidates, "b": ()})
    outcome = stuck.search(choices={"a"})
    assert (changes(outcome.recommendation), outcome.alternative) == ([("a", "1.0.0", "2.0.0")], None)


def test_a_recommendation_that_keeps_every_choice_needs_no_alternative() -> None:
    outcome = CHOSEN.search(choices={"b"})
    assert (changes(outcome.recommendation), outcome.alternative) == ([("a", "1.0.0", "2.0.0")], None)


def test_with_choices_and_without_no_set_exists() -> None:
    outcome = LOCKED.search(choices={"a"})
    assert (outcome.result, outcome.recommendation) == (Search.NONE, None)


def test_a_service_that_breaks_a_rule_on_itself_is_changed() -> None:
    found = case(
        {"a": "1.0.0", "b": "1.0.0"}, {"a": "2.0.0"}, ("a", "<2.0.0", "a", ">=2.0.0"), ("a", ">=2.0.0", "a", "*")
    )
    assert changes(found.search().recommendation) == [("a", "1.0.0", "2.0.0")]


def test_a_region_that_keeps_meeting_its_neighbours_takes_them_all_in() -> None:
    names = "abcdefgh"
    lines = [(one, ">=2.0.0", other, ">=2.0.0") for one, other in pairwise(names)]
    lines += [(one, "<2.0.0", other, "<2.0.0") for one, other in pairwise(names)]
    found = case(dict.fromkeys(names, "1.0.0") | {"a": "2.0.0"}, dict.fromkeys(names[1:], "2.0.0"), *lines).recommend()
    assert found is not None
    assert ([change.service for change in found.changes], found.proof) == (list(names[1:]), Proof.PROVEN)


@pytest.mark.parametrize("missing", [0, 5])
def test_whatever_the_budget_what_is_found_fits_and_only_the_proven_is_the_best(missing: int) -> None:
    given_case = hard(services=16, neighbours=3)
    present = dict(sorted(given_case.versions.items())[missing:])
    given_case = replace(given_case, versions=present)
    best = cost_of(given_case, given_case.search().recommendation)
    proofs = set()
    for budget in range(90):
        found = given_case.search(budget=budget).recommendation
        if found:
            proofs.add(found.proof)
            assert judge(versions=found.versions, platform_version=PLATFORM, rules=given_case.rules).errors == ()
            assert (
                cost_of(given_case, found) == best
                if found.proof is Proof.PROVEN
                else cost_of(given_case, found) >= best
            )
    assert proofs == {Proof.BEST_FOUND, Proof.PROVEN}


def cost_of(given_case: Case, found: Recommendation | None) -> Cost:
    assert found is not None
    return cost(given_case.versions, found.versions, given_case.candidates)


def test_a_rule_that_cannot_be_read_leaves_the_pair_unknown() -> None:
    offered = {"b": "1.0.0 2.0.0"}
    unreadable = case({"a": "1.0.0", "b": "1.0.0"}, offered, ("a", "*", "b", "newest"))
    assert unreadable.search().result is Search.NONE
    spelled = case({"a": "1.0.0", "b": "1.0.0"}, offered, ("a", "*", "b", ">=2.0.0"))
    assert changes(spelled.search().recommendation) == [("b", "1.0.0", "2.0.0")]


def test_a_failure_of_what_is_no_version_forbids_nothing() -> None:
    line = ("a", "*", "b", ">=1.0.0")
    given_case = case({"a": "1.0.0", "b": "1.0.0"}, {"b": "2.0.0"}, line)
    failures = tuple(
        Failure(id=number, service="a", version="1.0.0", other="b", other_version=text, reason="it broke")
        for number, text in enumerate(("latest", "1.0.0"), start=1)
    )
    failed = replace(given_case, rules=replace(given_case.rules, failures=failures))
    assert changes(failed.search().recommendation) == [("b", "1.0.0", "2.0.0")]


def test_an_approved_row_silences_the_range_for_exactly_its_versions() -> None:
    given_case = case({"a": "1.0.0", "b": "1.0.0"}, {"b": "1.1.0 2.0.0 3.0.0"}, ("a", "*", "b", ">=3.0.0"))
    rows = tuple(
        Row(id=number, platform_version=PLATFORM.raw, service=service, approved=(text,))
        for number, (service, text) in enumerate((("a", "1.0.0"), ("b", "1.1.0")), start=1)
    )
    approved = replace(given_case, rules=replace(given_case.rules, rows=rows))
    assert changes(approved.search().recommendation) == [("b", "1.0.0", "1.1.0")]


def test_the_fix_of_a_reason_passes_over_versions_that_are_as_wrong_as_the_last() -> None:
    wanted = case({"a": "1.0.0", "b": "1.0.0"}, {"b": "1.1.0 1.2.0 2.0.0"}, ("a", "*", "b", ">=2.0.0"))
    verdict = judge(
        versions=wanted.versions, platform_version=PLATFORM, rules=wanted.rules, candidates=wanted.candidates
    )
    assert [reason.fix for reason in verdict.errors] == ["Take b 2.0.0."]


def test_whatever_the_budget_an_impossible_set_is_called_nothing_else() -> None:
    given_case = hard(services=16, neighbours=7)
    results = [given_case.search(budget=budget).result for budget in range(60)]
    assert set(results) == {Search.UNDETERMINED, Search.NONE}
