from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from releases.domain.solver import Proof, Search, cost
from tests.domain.puzzles import Oracle, Puzzle, puzzles

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from releases.domain.solver import Cost
    from releases.domain.versions import Version

T = TypeVar("T")


def price(puzzle: Puzzle, versions: dict[str, Version]) -> Cost:
    return cost(puzzle.versions, versions, puzzle.candidates)


def cheapest(puzzle: Puzzle) -> Cost | None:
    return min((price(puzzle, versions) for versions in Oracle(puzzle=puzzle).fitting()), default=None)


@given(puzzles())
def test_the_search_finds_what_trying_everything_finds(puzzle: Puzzle) -> None:
    outcome, best = puzzle.search(), cheapest(puzzle)
    if outcome.recommendation is None:
        assert (best, outcome.result) == (None, Search.NONE)
    else:
        found = (price(puzzle, dict(outcome.recommendation.versions)), outcome.recommendation.proof, outcome.result)
        assert found == (best, Proof.PROVEN, Search.FOUND)


@given(puzzles(), st.integers(min_value=0, max_value=12))
def test_a_search_that_is_cut_short_claims_nothing_that_is_not_so(puzzle: Puzzle, nodes: int) -> None:
    outcome, best = puzzle.search(nodes=nodes), cheapest(puzzle)
    assert outcome.nodes <= nodes
    match outcome.result, outcome.recommendation:
        case Search.FOUND, found if found is not None:
            paid = price(puzzle, dict(found.versions))
            assert Oracle(puzzle=puzzle).fits(found.versions)
            assert best is not None
            assert paid == best if found.proof is Proof.PROVEN else paid >= best
        case Search.NONE, None:
            assert best is None
        case result, found:
            assert (result, found) == (Search.UNDETERMINED, None)


@given(puzzles(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_known_makes_no_difference(puzzle: Puzzle, chance: Random) -> None:
    def shuffled(items: Iterable[T]) -> tuple[T, ...]:
        listed = list(items)
        chance.shuffle(listed)
        return tuple(listed)

    rules = puzzle.rules
    other = replace(
        puzzle,
        versions=dict(shuffled(puzzle.versions.items())),
        candidates={name: shuffled(offered) for name, offered in shuffled(puzzle.candidates.items())},
        rules=replace(
            rules,
            constraints=shuffled(rules.constraints),
            denials=shuffled(rules.denials),
            failures=shuffled(rules.failures),
        ),
    )
    assert (other.search(), other.core()) == (puzzle.search(), puzzle.core())


@given(puzzles())
def test_every_change_says_what_it_is_needed_for(puzzle: Puzzle) -> None:
    found = puzzle.search().recommendation
    assert [change.service for change in found.changes if not change.why] == [] if found else True
