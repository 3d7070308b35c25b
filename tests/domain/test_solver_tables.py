from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from releases.domain.budgets import Budget
from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.solver import Blockers, cost
from releases.domain.solving.shelves import Prices, Shelf
from releases.domain.solving.space import Space
from releases.domain.versions import parse
from tests.domain.puzzles import puzzles
from tests.domain.strategies import range_texts, versions

if TYPE_CHECKING:
    from releases.domain.solver import Cost
    from releases.domain.solving.pair_tables import Rows
    from releases.domain.versions import Version
    from tests.domain.puzzles import Puzzle

lines = st.lists(versions, max_size=12)


def offers(drawn: list[Version]) -> list[Version]:
    return list({each.raw: each for each in drawn}.values())


def on(shelf: Shelf, mask: int) -> set[str]:
    return {version.raw for version in shelf.versions if shelf.mask_of(version) & mask}


@given(lines, versions, range_texts, st.booleans())
def test_a_range_admits_on_the_shelf_what_it_admits_elsewhere(
    offered: list[Version],
    original: Version,
    text: str,
    wide: bool,  # noqa: FBT001 (drawn)
) -> None:
    shelf = Shelf("a", original, offered)
    try:
        compiled = compile_range(text)
    except InvalidRange:
        assert shelf.admitted(text, wide=wide) == 0
        return
    admitted = {each.raw for each in [*offered, original] if compiled.admits(each, include_prereleases=wide)}
    assert on(shelf, shelf.admitted(text, wide=wide)) == admitted


@given(lines, st.none() | versions)
def test_the_shelf_is_sorted_by_what_a_change_costs(offered: list[Version], original: Version | None) -> None:
    shelf = Shelf("a", original, offered)
    before = {"a": original} if original else {}
    prices = [
        cost(before, {"a": version}, {"a": list({each.raw: each for each in offered}.values())})
        for version in shelf.versions
    ]
    assert (prices, on(shelf, shelf.everything)) == (
        sorted(prices),
        {version.raw for version in [*offered, *([original] if original else [])]},
    )


@given(st.lists(st.tuples(lines.filter(bool), versions), min_size=2, max_size=2))
def test_sums_of_prices_compare_as_whole_sets_do(drawn: list[tuple[list[Version], Version]]) -> None:
    shelves = [Shelf(name, original, offered) for name, (offered, original) in zip("ab", drawn, strict=True)]
    prices = Prices("ab", max(len(offered) for offered, _ in drawn))
    before = {name: original for name, (_, original) in zip("ab", drawn, strict=True)}
    candidates = {
        name: list({each.raw: each for each in offered}.values())
        for name, (offered, _) in zip("ab", drawn, strict=True)
    }
    places = [(one, other) for one in range(len(shelves[0].versions)) for other in range(len(shelves[1].versions))]

    def total(chosen: tuple[int, int]) -> int:
        return sum(prices.of(shelf, place) for shelf, place in zip(shelves, chosen, strict=True))

    def paid(chosen: tuple[int, int]) -> Cost:
        after = {shelf.service: shelf.versions[place] for shelf, place in zip(shelves, chosen, strict=True)}
        return cost(before, after, candidates)

    ranked = sorted(places, key=total)
    assert [paid(chosen) for chosen in ranked] == sorted(map(paid, places))


@given(puzzles())
def test_the_table_of_a_pair_says_for_each_two_versions_what_the_rule_book_says(puzzle: Puzzle) -> None:
    book = puzzle.book
    space = Space(
        book=book,
        originals=puzzle.versions,
        candidates=puzzle.candidates,
        fixed=(),
        blame=Blockers(book),
        budget=Budget(),
    )
    for pair in {pair for service in space.services for pair in space.pairs_of[service]}:
        consumer, provider = space.shelf(pair.consumer), space.shelf(pair.provider)
        forward, backward = space.table(pair, -1).forward, space.table(pair, -1).backward
        said = {
            (one.raw, other.raw): not space.blame.of(pair, one, other)
            for one in consumer.versions
            for other in provider.versions
        }
        assert said == {
            (one.raw, other.raw): goes(forward, consumer.mask_of(one), provider.mask_of(other))
            for one in consumer.versions
            for other in provider.versions
        }
        assert said == {
            (one.raw, other.raw): goes(backward, provider.mask_of(other), consumer.mask_of(one))
            for one in consumer.versions
            for other in provider.versions
        }


def goes(rows: Rows, mine: int, theirs: int) -> bool:
    return any(own & mine and going & theirs for own, going in rows)


def test_builds_of_one_version_share_its_place_in_every_range() -> None:
    shelf = Shelf("a", None, [parse("1.0.0+build.1"), parse("1.0.0"), parse("1.0.1")])
    assert on(shelf, shelf.admitted("<=1.0.0", wide=False)) == {"1.0.0+build.1", "1.0.0"}
