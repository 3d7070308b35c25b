from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from releases.domain.constraints import compile_range
from releases.domain.contracts import Contract, Method
from releases.domain.rule_checks import oddities, oddities_of
from releases.domain.rules import Constraint, Denial, Row, Rules
from tests.domain.platform import RULES, constraint
from tests.domain.strategies import partials, range_texts, stable_versions

if TYPE_CHECKING:
    from releases.domain.versions import Version

Ends = tuple[str, str, str, str]


def rules(*ends: Ends) -> Rules:
    return Rules(constraints=tuple(constraint(number, *each) for number, each in enumerate(ends, start=1)))


def denial(service_range: str, other_range: str) -> Denial:
    return Denial(
        id=4, service="web", service_range=service_range, other="inventory", other_range=other_range, reason="Deadlock"
    )


def row(number: int, service: str, *approved: str, platform_version: str = "2.1.0") -> Row:
    return Row(id=number, platform_version=platform_version, service=service, approved=approved)


def test_the_rules_of_the_platform_are_not_odd() -> None:
    assert oddities(RULES) == ()


def test_a_range_that_admits_nothing_is_told() -> None:
    (found,) = oddities(rules(("web", "^3.0.0", "inventory", ">2 <1")))

    assert (found.evidence, found.others, found.text) == (
        "constraint:1",
        (),
        "The range >2 <1 of inventory admits no version at all, so this rule never speaks as meant.",
    )


def test_every_range_of_a_rule_a_denial_and_a_contract_is_looked_at() -> None:
    contract = Contract(
        id=2, consumer="web", consumer_range=">2 <1", provider="inventory", method=Method.GET, path="/books"
    )
    odd = rules(("web", ">2 <1", "inventory", "<0.0.0-0"))
    found = oddities(replace(odd, denials=(denial(">2 <1", "<0.0.0-0"),), contracts=(contract,)))

    assert [oddity.evidence for oddity in found] == ["constraint:1"] * 2 + ["contract:2"] + ["denial:4"] * 2


def test_a_range_that_cannot_be_read_is_not_odd_for_it_is_refused_elsewhere() -> None:
    odd = rules(("web", "banana", "inventory", "^1.0.0"), ("web", "^3.0.0", "inventory", "^1.0.0"))

    rows = (row(1, "web", "3.0.0"), row(2, "inventory", "1.0.0"))

    assert oddities(replace(odd, denials=(denial("banana", "banana"),), rows=rows)) == ()


def test_rules_that_leave_no_provider_to_some_consumer_contradict_each_other() -> None:
    found = oddities(rules(("web", "^3.0.0", "inventory", "^1.0.0"), ("web", ">=3.1.0", "inventory", "^2.0.0")))

    assert [(oddity.evidence, oddity.others) for oddity in found] == [
        ("constraint:1", ("constraint:2",)),
        ("constraint:2", ("constraint:1",)),
    ]
    text = (
        "No inventory satisfies both “web ^3.0.0 needs inventory ^1.0.0” and “web >=3.1.0 needs inventory ^2.0.0”, "
        "and both speak of some web."
    )
    assert {oddity.text for oddity in found} == {text}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("web", "^3.0.0", "inventory", "^1.0.0"), ("web", "^4.0.0", "inventory", "^2.0.0")),
        (("web", "^3.0.0", "inventory", "^1.0.0"), ("web", ">=3.1.0", "inventory", ">=1.4.0")),
        (("web", "^3.0.0", "inventory", "^1.0.0"), ("web", "^3.0.0", "checkout", "^2.0.0")),
        (("web", "^3.0.0", "inventory", "^1.0.0"), ("inventory", "^1.0.0", "web", "^3.0.0")),
        (("web", "^3.0.0", "inventory", "^1.0.0"), ("inventory", "^2.0.0", "web", "^4.0.0")),
    ],
    ids=["other consumers", "some provider is left", "other providers", "agree both ways", "next generation"],
)
def test_rules_that_can_both_be_kept_do_not(one: Ends, other: Ends) -> None:
    assert oddities(rules(one, other)) == ()


@pytest.mark.parametrize(
    "other",
    [("inventory", "^1.0.0", "web", "^2.0.0"), ("inventory", "^2.0.0", "web", "^3.0.0")],
    ids=["asks for another consumer", "allows another provider"],
)
def test_rules_of_both_directions_that_disagree_contradict_each_other(other: Ends) -> None:
    found = oddities(rules(("web", "^3.0.0", "inventory", "^1.0.0"), other))

    assert [(oddity.evidence, oddity.others) for oddity in found] == [
        ("constraint:1", ("constraint:2",)),
        ("constraint:2", ("constraint:1",)),
    ]


def stated(number: int, provider_range: str) -> Constraint:
    return replace(constraint(number, "web", "=3.0.0", "inventory", provider_range), origin="requirement")


def test_a_rule_and_what_a_version_states_may_contradict_each_other() -> None:
    odd = rules(("web", "^3.0.0", "inventory", "^1.0.0"))
    found = oddities(replace(odd, constraints=(*odd.constraints, stated(9, "^2.0.0"))))

    assert [(oddity.evidence, oddity.others) for oddity in found] == [
        ("constraint:1", ("requirement:9",)),
        ("requirement:9", ("constraint:1",)),
    ]


def test_what_two_versions_state_is_nobodys_to_edit() -> None:
    assert oddities(Rules(constraints=(stated(8, "^1.0.0"), stated(9, "^2.0.0")))) == ()


def test_a_denial_of_what_two_rows_approve_together_is_told_to_all_three() -> None:
    odd = Rules(
        denials=(denial("^3.0.0", "1.x"),), rows=(row(1, "web", "2.0.0", "3.0.1"), row(2, "inventory", "1.2.3"))
    )
    text = (
        "“web ^3.0.0 never with inventory 1.x” forbids web 3.0.1 with inventory 1.2.3, which platform 2.1.0 approves; "
        "the denial counts."
    )

    assert [(oddity.evidence, oddity.others, oddity.text) for oddity in oddities(odd)] == [
        ("denial:4", ("row:1", "row:2"), text),
        ("row:1", ("denial:4",), text),
        ("row:2", ("denial:4",), text),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        (row(1, "web", "2.0.0"), row(2, "inventory", "1.2.3")),
        (row(1, "web", "3.0.1"), row(2, "inventory", "2.0.0")),
        (row(1, "web", "3.0.1"), row(2, "inventory", "1.2.3", platform_version="2.2.0")),
        (row(1, "web", "3.0.1"),),
        (row(1, "web", "nonsense"), row(2, "inventory", "1.2.3")),
    ],
    ids=["other version", "other version of the other", "other platforms", "one row only", "no version"],
)
def test_rows_that_a_denial_does_not_mean_are_left_alone(rows: tuple[Row, ...]) -> None:
    assert oddities(Rules(denials=(denial("^3.0.0", "1.x"),), rows=rows)) == ()


def test_what_is_odd_about_one_rule_can_be_asked_for() -> None:
    odd = rules(("web", ">2 <1", "inventory", "*"), ("helm", ">2 <1", "inventory", "*"))

    assert [oddity.evidence for oddity in oddities_of(odd, "constraint:2")] == ["constraint:2"]


@given(partials, range_texts, stable_versions, stable_versions)
def test_rules_that_some_pair_of_versions_keeps_are_never_called_contradictory(
    partial: str, text: str, consumer: Version, provider: Version
) -> None:
    ranges = [compile_range(each) for each in (partial, text)]
    keeps = all(each.admits(provider) and each.admits(consumer) for each in ranges)
    found = oddities(rules(("web", partial, "inventory", partial), ("web", text, "inventory", text)))

    assert not (keeps and any(oddity.others for oddity in found))
