from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from releases.domain.dependencies import deployment_phases
from releases.domain.evidence import RuleBook, open_rules
from releases.domain.rules import Denial, Rules
from releases.domain.transitions import RiskWindow, risk_windows
from releases.domain.verdicts import Overall
from releases.domain.versions import Version, parse
from tests.domain.platform import LIVE, NEXT, PHASES, RULES, constraint, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from releases.domain.findings import Pair

SHOP = ("shop",), ("till",)
OLD, NEW = versions({"shop": "1.0.0", "till": "1.0.0"}), versions({"shop": "2.0.0", "till": "2.0.0"})


def book_of(rules: Rules) -> RuleBook:
    return open_rules(rules, platform_version=parse("2.2.0"), include_prereleases=False)


def shop(*ranges: tuple[str, str]) -> RuleBook:
    """The till needs the shop, each range of the till with one of the shop."""
    rules = tuple(
        constraint(number, "till", consumer, "shop", provider) for number, (consumer, provider) in enumerate(ranges, 1)
    )
    depends_on = {"shop": frozenset[str](), "till": frozenset({"shop"})}
    return book_of(Rules(constraints=rules, depends_on=depends_on, required=frozenset(depends_on)))


def test_the_next_release_of_the_bookverse_has_no_risk_on_its_way() -> None:
    assert risk_windows(LIVE, NEXT, PHASES, book_of(RULES)) == ()


def test_a_provider_that_its_old_consumers_cannot_bear_opens_a_window_until_they_follow() -> None:
    (window,) = risk_windows(OLD, NEW, SHOP, shop(("^1.0.0", "^1.0.0"), ("^2.0.0", ">=1.0.0")))
    assert (window.begins, window.ends, window.early, window.overall) == (1, 2, "shop", Overall.INCOMPATIBLE)
    assert (window.consumer, window.consumer_version) == ("till", "1.0.0")
    assert (window.provider, window.provider_version) == ("shop", "2.0.0")
    assert [reason.evidence for reason in window.reasons] == ["constraint:1"]
    assert window.text == (
        "From phase 1 until phase 2, shop 2.0.0 (new) may run with till 1.0.0 (old): "
        "till 1.0.0 needs shop ^1.0.0, but shop 2.0.0 is chosen."
    )


def test_a_window_says_which_order_would_avoid_it() -> None:
    (window,) = risk_windows(OLD, NEW, SHOP, shop(("^1.0.0", "^1.0.0"), ("^2.0.0", ">=1.0.0")))
    assert window.avoidable_by == ("till", "shop")
    assert window.fix == "Promoting till before shop avoids this, for example in a release of its own."


def test_a_window_that_no_order_avoids_says_so() -> None:
    (window,) = risk_windows(OLD, NEW, SHOP, shop(("^1.0.0", "^1.0.0"), ("^2.0.0", "^2.0.0")))
    assert (window.avoidable_by, window.fix) == (
        None,
        "No order of till and shop avoids this: choose other versions, or accept it.",
    )


def test_inside_one_phase_both_mixtures_are_judged() -> None:
    windows = risk_windows(OLD, NEW, (("shop", "till"),), shop(("^1.0.0", "^1.0.0"), ("^2.0.0", "^2.0.0")))
    assert [(each.consumer_version, each.provider_version, each.begins, each.ends) for each in windows] == [
        ("2.0.0", "1.0.0", 1, 1),
        ("1.0.0", "2.0.0", 1, 1),
    ]
    assert {each.when for each in windows} == {"During phase 1"}


def test_inside_one_phase_the_order_that_holds_is_named() -> None:
    (window,) = risk_windows(OLD, NEW, (("shop", "till"),), shop(("^1.0.0", "*"), ("^2.0.0", "^2.0.0")))
    assert (window.early, window.avoidable_by) == ("till", ("shop", "till"))


def test_where_nothing_is_known_the_window_is_undetermined() -> None:
    (window,) = risk_windows(OLD, NEW, SHOP, shop(("^2.0.0", "^2.0.0")))
    assert (window.overall, window.reasons[0].code) == (Overall.UNDETERMINED, "no-evidence")


def test_a_pair_of_which_one_end_changes_is_judged_before_and_after_and_opens_no_window() -> None:
    after = {**NEW, "till": OLD["till"]}
    assert risk_windows(OLD, after, (("shop",),), shop(("*", "^1.0.0"))) == ()


def test_a_service_that_is_new_has_no_old_version_to_run_beside() -> None:
    assert risk_windows({"shop": OLD["shop"]}, NEW, SHOP, shop(("^2.0.0", "^2.0.0"))) == ()


def test_a_new_consumer_before_its_provider_meets_the_old_one() -> None:
    (window,) = risk_windows({"shop": OLD["shop"]}, NEW, SHOP[::-1], shop(("^2.0.0", "^2.0.0")))
    assert (window.early, window.provider_version, window.avoidable_by) == ("till", "1.0.0", ("shop", "till"))


def test_windows_come_in_the_order_in_which_they_open() -> None:
    denials = (
        Denial(id=1, service="web", service_range=">=3.0.2", other="helm", other_range="<1.1.1", reason="x"),
        Denial(id=2, service="inventory", service_range=">=1.4.0", other="web", other_range="<3.0.2", reason="y"),
    )
    windows = risk_windows(LIVE, NEXT, PHASES, book_of(replace(RULES, denials=denials)))
    assert [(each.begins, each.ends, each.consumer, each.provider) for each in windows] == [
        (1, 3, "web", "inventory"),
        (3, 4, "helm", "web"),
    ]


# Few services that all change, and rules about either of their two versions: so most sets have a risk or two.
names = ("a", "b", "c")
ends = st.sampled_from(names)
sets = st.fixed_dictionaries({name: st.sampled_from(["1.0.0", "2.0.0"]).map(parse) for name in names})
ranges = st.sampled_from(["*", "1.0.0", "2.0.0"])
needs = st.fixed_dictionaries(
    {
        name: st.sampled_from([frozenset[str](), *(frozenset({provider}) for provider in names[:place])])
        for place, name in enumerate(names)
    }
)
rules_drawn = st.builds(
    lambda graph, rules: Rules(
        depends_on=graph,
        required=frozenset(names),
        constraints=tuple(
            constraint(number, one, left, two, right)
            for number, (one, left, two, right) in enumerate(rules, 1)
            if one != two
        ),
    ),
    needs,
    st.lists(st.tuples(ends, ranges, ends, ranges), min_size=1, max_size=4),
)


def other(versions_: Mapping[str, Version], kept: str) -> dict[str, Version]:
    """The same services, each in its other version except for one."""
    flipped = {"1.0.0": parse("2.0.0"), "2.0.0": parse("1.0.0")}
    return {name: version if name == kept else flipped[version.raw] for name, version in versions_.items()}


@given(sets, st.sampled_from([*names, ""]), rules_drawn)
def test_each_mixture_between_phases_is_compatible_or_has_a_window(
    before: Mapping[str, Version], kept: str, rules: Rules
) -> None:
    """A pair that blocks in a mixture blocks before, after, or is named by a window that covers this moment."""
    book, after = book_of(rules), other(before, kept)
    phases = deployment_phases(rules.depends_on, only=set(names) - {kept})
    windows = risk_windows(before, after, phases, book)
    for number, mixture in mixtures(before, after, phases):
        for pair in book.pairs:
            if blocks(book, pair, mixture):
                assert blocks(book, pair, before) or blocks(book, pair, after) or named(windows, pair, mixture, number)


@given(sets, st.sampled_from([*names, ""]), rules_drawn)
def test_each_window_is_a_mixture_that_occurs_and_blocks(
    before: Mapping[str, Version], kept: str, rules: Rules
) -> None:
    book, after = book_of(rules), other(before, kept)
    phases = deployment_phases(rules.depends_on, only=set(names) - {kept})
    occurring = [mixture for _, mixture in mixtures(before, after, phases)]
    pairs = {frozenset({pair.consumer, pair.provider}): pair for pair in book.pairs}
    for window in risk_windows(before, after, phases, book):
        pair = pairs[frozenset({window.consumer, window.provider})]
        shown = {window.consumer: window.consumer_version, window.provider: window.provider_version}
        found = [mixture for mixture in occurring if all(str(mixture[name]) == text for name, text in shown.items())]
        assert found != []
        assert blocks(book, pair, found[0])


def mixtures(
    before: Mapping[str, Version], after: Mapping[str, Version], phases: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[int, dict[str, Version]]]:
    """Each phase with every set that may run during it: earlier phases are done, some of its services too."""
    for number, phase in enumerate(phases, start=1):
        done = set(chain.from_iterable(phases[: number - 1]))
        for some in chain.from_iterable(combinations(phase, count) for count in range(len(phase) + 1)):
            yield number, {name: after[name] if name in done | set(some) else before[name] for name in before}


def blocks(book: RuleBook, pair: Pair, mixture: Mapping[str, Version]) -> bool:
    return any(reason.blocks for reason in book.check(pair, mixture))


def named(windows: tuple[RiskWindow, ...], pair: Pair, mixture: Mapping[str, Version], number: int) -> bool:
    return any(
        (window.consumer, window.provider) == (pair.consumer, pair.provider)
        and window.consumer_version == str(mixture[pair.consumer])
        and window.provider_version == str(mixture[pair.provider])
        and window.begins <= number <= window.ends
        for window in windows
    )
