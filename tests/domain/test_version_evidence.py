from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.evidence import open_rules
from releases.domain.findings import Pair
from releases.domain.rules import Constraint, Denial, Failure, Observation, Row, Rules
from releases.domain.verdicts import conclude
from releases.domain.version_evidence import (
    SHOWN_SETS,
    Known,
    Survey,
    companions,
    pair_reasons,
    survey,
)
from releases.domain.versions import Version, parse

if TYPE_CHECKING:
    from releases.domain.version_evidence import Sightings

BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
PAIR = Pair(consumer="checkout", provider="inventory", is_edge=True)
ROWS = (
    Row(id=1, platform_version="2.1.0", service="inventory", approved=("1.2.3",)),
    Row(id=2, platform_version="2.1.0", service="checkout", approved=("1.5.2",)),
    Row(id=3, platform_version="2.3.0", service="inventory", approved=("1.4.0",)),
    Row(id=4, platform_version="2.3.0", service="checkout", approved=("1.6.0",)),
)
NEEDS = Constraint(
    id=7, consumer="checkout", consumer_range=">=1.6.0", provider="inventory", provider_range=">=1.4.0", note=""
)
RULES = Rules(
    rows=ROWS,
    constraints=(NEEDS,),
    failures=(
        Failure(
            id=2,
            service="checkout",
            version="1.5.3",
            other="inventory",
            other_version="1.3.0",
            reason="orders were lost.",
            stage="QA",
        ),
        Failure(id=3, service="web", version="not a version", other="web2", other_version="1.0.0", reason="it hung."),
    ),
    denials=(
        Denial(
            id=1,
            service="inventory",
            service_range="<1.1.0",
            other="checkout",
            other_range="*",
            reason="the stock was wrong.",
        ),
        Denial(
            id=4, service="inventory", service_range=">=9.0.0", other="checkout", other_range="=1.5.4", reason="why."
        ),
    ),
    depends_on={"checkout": frozenset({"inventory"}), "inventory": frozenset()},
    required=frozenset({"checkout", "inventory"}),
)


def observation(number: int = 6, *, failed_probes: int = 0) -> Observation:
    return Observation(
        id=number,
        stage="QA",
        platform_version="2.2.0-beta.1",
        digest="any",
        began_at=BEGAN + timedelta(days=number),
        ended_at=BEGAN + timedelta(days=number, hours=2),
        probes=4,
        failed_probes=failed_probes,
    )


def asked(platform: str | None = "2.2.0", sightings: Sightings | None = None, rules: Rules = RULES) -> Survey:
    version = parse(platform) if platform else None
    return survey(rules, platform_version=version, sightings=sightings or {})


def told(found: Survey, service: str, version: str) -> list[tuple[Known, str, str]]:
    return [(each.known, each.text, each.evidence) for each in found.statements(service, parse(version))]


@pytest.mark.parametrize(
    ("service", "version", "known"),
    [
        ("inventory", "1.2.3", (Known.INFERRED,)),
        ("inventory", "1.3.0", (Known.FAILED, Known.INFERRED)),
        ("inventory", "1.0.0", (Known.FAILED,)),
        ("inventory", "2.0.0", (Known.UNLIKELY,)),
        ("checkout", "1.5.3+build.9", (Known.FAILED, Known.INFERRED)),
        ("checkout", "1.5.4", (Known.FAILED, Known.INFERRED)),
        ("checkout", "1.4.0", (Known.NOTHING,)),
        ("web", "3.0.0", (Known.NOTHING,)),
    ],
)
def test_a_version_is_known_by_its_failures_and_by_what_neighbouring_platforms_suggest(
    service: str, version: str, known: tuple[Known, ...]
) -> None:
    assert asked().known(service, parse(version)) == known


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("0.3.0", Known.UNLIKELY),
        ("0.3.1", Known.INFERRED),
        ("0.3.2", Known.INFERRED),
        ("0.4.0", Known.UNLIKELY),
        ("1.0.0", Known.UNLIKELY),
    ],
)
def test_before_one_only_a_patch_is_a_compatible_step(version: str, known: Known) -> None:
    rows = (Row(id=1, platform_version="2.1.0", service="ads", approved=("0.3.1", "0.2.0")),)
    assert asked(rules=Rules(rows=rows)).known("ads", parse(version)) == (known,)


def test_a_denial_that_cannot_be_read_marks_no_version() -> None:
    rules = replace(RULES, denials=(replace(RULES.denials[0], service_range="?"),))
    assert asked("2.1.0", rules=rules).known("inventory", parse("1.0.0")) == (Known.NOTHING,)


def test_a_row_declares_a_version_for_its_own_platform_alone() -> None:
    found = asked("2.1.0")
    assert [found.known("inventory", parse(text)) for text in ("1.2.3", "1.4.0")] == [
        (Known.DECLARED,),
        (Known.NOTHING,),
    ]


def test_without_a_platform_version_nothing_is_declared_or_inferred() -> None:
    found = asked(None)
    assert (found.known("inventory", parse("1.2.3")), found.row_of("inventory")) == ((Known.NOTHING,), None)


def test_a_version_that_ran_is_observed_and_failed_probes_are_told() -> None:
    seen = {"inventory": {"1.5.0": (observation(),), "1.6.0": (observation(), observation(7, failed_probes=1))}}
    found = asked("2.1.0", seen)
    assert [found.known("inventory", parse(text)) for text in ("1.5.0", "1.6.0", "1.5.0+b")] == [
        (Known.OBSERVED,),
        (Known.PROBES_FAILED,),
        (Known.NOTHING,),
    ]


def test_a_declared_version_is_spelt_out_with_its_sightings_and_its_other_rows() -> None:
    rules = replace(RULES, rows=(*ROWS, Row(id=5, platform_version="1.0.0", service="inventory", approved=("1.2.3",))))
    seen = {"inventory": {"1.2.3": (observation(),)}}
    assert told(asked("2.1.0", seen, rules), "inventory", "1.2.3") == [
        (Known.DECLARED, "Approved for platform 2.1.0.", "row:1"),
        (
            Known.OBSERVED,
            "Platform 2.2.0-beta.1 with it ran for 2 hours in QA: all 4 probes passed.",
            "observation:6",
        ),
        (Known.NOTHING, "Approved for platform 1.0.0, which decides nothing here.", "row:5"),
    ]


def test_a_failure_and_a_denial_are_spelt_out_first() -> None:
    assert told(asked("9.0.0"), "checkout", "1.5.3") == [
        (Known.FAILED, "checkout 1.5.3 failed with inventory 1.3.0 in QA: orders were lost.", "failure:2"),
        (Known.NOTHING, "No platform version below 9.0.0 in its line has a row for checkout.", ""),
    ]
    assert told(asked("9.0.0"), "inventory", "1.0.0")[0] == (
        Known.FAILED,
        "inventory <1.1.0 never with checkout *: the stock was wrong.",
        "denial:1",
    )


def test_a_failure_of_no_stage_names_none() -> None:
    assert told(asked("2.1.0"), "web2", "1.0.0") == [
        (Known.FAILED, "web not a version failed with web2 1.0.0: it hung.", "failure:3")
    ]


def test_what_is_inferred_names_its_rows() -> None:
    assert told(asked(), "inventory", "1.3.5")[0] == (
        Known.INFERRED,
        "inventory 1.3.5 lies between 1.2.3 and 1.4.0, approved below and above.",
        "row:1,row:3",
    )


def test_what_is_unlikely_is_said_to_be() -> None:
    assert told(asked(), "inventory", "2.0.0")[0][0] is Known.UNLIKELY


def test_an_approval_that_has_run_out_declares_nothing_and_is_told() -> None:
    rows = (replace(ROWS[0], expires_on=date(2026, 10, 31)), replace(ROWS[1], expires_on=date(2026, 11, 30)))
    found = asked("2.1.0", rules=replace(RULES, rows=rows, as_of=BEGAN))
    assert (found.known("inventory", parse("1.2.3")), told(found, "inventory", "1.2.3")) == (
        (Known.NOTHING,),
        [(Known.NOTHING, "Was approved for platform 2.1.0 until 2026-10-31, which is over.", "row:1")],
    )
    assert told(found, "checkout", "1.5.2") == [
        (Known.DECLARED, "Approved for platform 2.1.0 until 2026-11-30.", "row:2")
    ]


@pytest.mark.parametrize(("extra", "ending"), [(1, "1 earlier set"), (2, "2 earlier sets")])
def test_of_many_sets_the_newest_are_told_and_the_others_counted(extra: int, ending: str) -> None:
    seen = {"web": {"3.0.0": tuple(observation(number) for number in range(SHOWN_SETS + extra))}}
    sentences = [text for _, text, _ in told(asked("2.1.0", seen), "web", "3.0.0")]
    assert (len(sentences), sentences[-1]) == (SHOWN_SETS + 1, f"It also ran in {ending}.")


def test_the_row_of_a_service_in_this_platform_version_is_found() -> None:
    unreadable = Row(id=9, platform_version="two", service="inventory", approved=("1.0.0",))
    found = asked("2.3.0+build.1", rules=replace(RULES, rows=(unreadable, *ROWS)))
    assert [found.row_of(service) for service in ("inventory", "checkout", "web")] == [3, 4, None]


def test_two_versions_were_seen_together_in_the_sets_that_held_both() -> None:
    seen = {
        "checkout": {"1.6.0": (observation(1), observation(2))},
        "inventory": {"1.4.0": (observation(2), observation(3))},
    }
    versions = {"checkout": parse("1.6.0"), "inventory": parse("1.4.0")}
    assert [each.evidence for each in asked("2.1.0", seen).together(PAIR, versions)] == ["observation:2"]


def test_versions_of_the_other_service_are_grouped_by_what_is_known_of_them() -> None:
    offered = {"inventory": [parse(text) for text in ("1.5.0", "1.4.0", "1.3.0", "1.0.0")]}
    [companion] = companions(asked("9.0.0"), "checkout", parse("1.6.0"), offered)
    assert companion.service == "inventory"
    assert [([str(each) for each in group.versions], group.reasons[0].code) for group in companion.groups] == [
        (["1.5.0", "1.4.0"], "range-holds"),
        (["1.3.0"], "range-broken"),
        (["1.0.0"], "denied"),
    ]


def test_a_provider_has_its_consumers_as_companions() -> None:
    found = companions(asked(), "inventory", parse("1.4.0"), {})
    assert [(companion.service, companion.groups) for companion in found] == [("checkout", ())]


VERSIONS = [parse(text) for text in ("1.0.0", "1.2.3", "1.3.0", "1.4.0", "1.5.0", "1.5.2", "1.5.3", "1.6.0", "2.0.0")]


@given(st.permutations(VERSIONS), st.permutations(VERSIONS), st.sampled_from(["2.1.0", "2.2.0", "9.0.0"]))
def test_the_grid_says_what_checking_each_pair_alone_says(
    consumers: list[Version], providers: list[Version], platform: str
) -> None:
    book = open_rules(RULES, platform_version=parse(platform), include_prereleases=True)
    grid = pair_reasons(book, PAIR, consumers, providers)
    for consumer, row in zip(consumers, grid, strict=True):
        for provider, reason in zip(providers, row, strict=True):
            alone = conclude(book.check(PAIR, {"checkout": consumer, "inventory": provider})).reasons[0]
            assert reason is not None
            assert (reason.code, reason.counts_as) == (alone.code, alone.counts_as)


def test_nothing_stands_where_no_rule_speaks_and_neither_needs_the_other() -> None:
    rules = Rules(denials=(replace(RULES.denials[0], other_range="2.x"),))
    book = open_rules(rules, platform_version=None, include_prereleases=True)
    assert pair_reasons(book, book.pairs[0], [parse("1.5.0")], [parse("1.0.0")]) == ((None,),)
