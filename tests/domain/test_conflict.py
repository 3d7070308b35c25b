from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.conflict import Conflict
from releases.domain.promises import Contract, Method
from releases.domain.rules import Denial, Failure, Rules, Severity
from releases.domain.versions import parse
from tests.domain.platform import constraint
from tests.domain.puzzles import Oracle, Puzzle, puzzles


def is_possible(puzzle: Puzzle) -> bool:
    return next(Oracle(puzzle=puzzle, errors_only=True).fitting(), None) is not None


@given(puzzles(ignores=False))
def test_rules_are_blamed_exactly_when_they_rule_every_set_out(puzzle: Puzzle) -> None:
    is_blamed = is_possible(puzzle.only()) and not is_possible(puzzle)
    assert (puzzle.core() is not None) == is_blamed


@given(puzzles(ignores=False))
def test_without_any_one_of_the_blamed_rules_a_set_exists(puzzle: Puzzle) -> None:
    conflict = puzzle.core()
    if conflict is not None:
        assert (conflict.is_minimal, is_possible(puzzle.only(*conflict.rules))) == (True, False)
        rests = [[rule for rule in conflict.rules if rule is not left_out] for left_out in conflict.rules]
        assert [rest for rest in rests if not is_possible(puzzle.only(*rest))] == []


@given(puzzles(ignores=False), st.integers(min_value=0, max_value=30))
def test_rules_that_are_blamed_in_haste_still_rule_every_set_out(puzzle: Puzzle, nodes: int) -> None:
    conflict = puzzle.core(nodes=nodes)
    if conflict is not None:
        assert not is_possible(puzzle.only(*conflict.rules))


def locked(**rules: tuple[object, ...]) -> Puzzle:
    """Nothing can be changed but b, which may be 1.0.0 or 2.0.0."""
    one, two = parse("1.0.0"), parse("2.0.0")
    every = Rules(required=frozenset("abc"), **rules)  # type: ignore[arg-type]
    return Puzzle(versions=dict.fromkeys("abc", one), candidates={"b": (one, two)}, rules=every)


NOT_ONE = Denial(id=1, service="a", service_range="*", other="b", other_range="<2.0.0", reason="it breaks")
NOT_TWO = Failure(id=2, service="c", version="1.0.0", other="b", other_version="2.0.0", reason="it broke")
NEEDS_TWO = constraint(3, "a", "*", "b", ">=2.0.0")
NEEDS_ONE = constraint(4, "c", "*", "b", "<2.0.0")
CALLS = Contract(id=5, consumer="c", provider="b", method=Method.POST, path="/orders", stable_since="3.0.0")
IDLE = constraint(6, "a", "*", "c", "*")


def named(conflict: Conflict | None) -> list[str] | None:
    return [rule.evidence for rule in conflict.rules] if conflict else None


@pytest.mark.parametrize(
    ("rules", "blamed"),
    [
        ({"constraints": (NEEDS_TWO, NEEDS_ONE, IDLE)}, ["constraint:3", "constraint:4"]),
        ({"denials": (NOT_ONE,), "failures": (NOT_TWO,), "constraints": (IDLE,)}, ["denial:1", "failure:2"]),
        ({"denials": (NOT_ONE,), "constraints": (NEEDS_ONE, IDLE)}, ["constraint:4", "denial:1"]),
        ({"contracts": (CALLS,), "constraints": (IDLE,)}, ["contract:5"]),
        ({"constraints": (NEEDS_TWO, replace(NEEDS_ONE, origin="requirement"))}, ["constraint:3", "requirement:4"]),
        ({"constraints": (NEEDS_TWO, replace(NEEDS_ONE, severity=Severity.WARNING))}, None),
        ({"constraints": (IDLE,)}, None),
    ],
)
def test_rules_of_every_kind_can_be_to_blame(rules: dict[str, tuple[object, ...]], blamed: list[str] | None) -> None:
    assert named(locked(**rules).core()) == blamed


def test_two_requirements_of_one_version_are_told_apart() -> None:
    stated = [constraint(9, "c", "1.0.0", "b", text) for text in ("*", "<2.0.0", ">0.1.0")]
    conflict = locked(constraints=(NEEDS_TWO, *(replace(each, origin="requirement") for each in stated))).core()
    assert conflict is not None
    assert [rule.text for rule in conflict.rules] == [NEEDS_TWO.text, stated[1].text]


def test_a_denial_does_not_hide_the_rule_that_forbids_the_same() -> None:
    twice = locked(denials=(NOT_ONE,), constraints=(NEEDS_TWO, NEEDS_ONE))
    assert named(twice.core()) == ["constraint:3", "constraint:4"]


def test_no_rule_is_blamed_for_a_service_that_cannot_be_there() -> None:
    stray = locked(constraints=(NEEDS_TWO, NEEDS_ONE))
    assert replace(stray, versions={**stray.versions, "x": parse("1.0.0")}).core() is None


def test_no_rule_is_blamed_without_proof() -> None:
    assert locked(constraints=(NEEDS_TWO, NEEDS_ONE)).core(nodes=0) is None


def test_a_core_that_could_not_be_narrowed_down_in_time_says_so() -> None:
    many = tuple(constraint(number, "a", "*", "b", f">=2.{number}.0") for number in range(1, 9))
    hasty, whole = locked(constraints=many).core(nodes=2), locked(constraints=many).core()
    assert (hasty and hasty.is_minimal, whole and (whole.is_minimal, whole.count)) == (False, (True, 1))


def test_five_rules_of_a_conflict_are_shown_and_all_are_counted() -> None:
    rules = tuple(constraint(number, "a", "*", "b", "*") for number in range(1, 8))
    conflict = Conflict(rules=rules, is_minimal=True)
    assert (conflict.shown, conflict.count) == (rules[:5], 7)


def test_a_contract_reads_as_who_calls_what() -> None:
    assert CALLS.text == "c calls POST /orders of b"
