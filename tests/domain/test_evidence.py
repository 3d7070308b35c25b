from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from releases.domain.compatibility import Overall
from releases.domain.rules import Constraint, Rules, Severity
from tests.domain.known_pair import (
    BELOW,
    BROKEN,
    CONTRACT,
    DENIAL,
    DOCUMENTS,
    EDGE,
    FAILURE,
    HOLDING,
    PAIR,
    ROWS,
    Codes,
    codes,
    ignore,
    verdict,
)

LADDER: list[tuple[str, dict[str, Any]]] = [
    ("denied", {"denials": (DENIAL,)}),
    ("failed-together", {"failures": (FAILURE,)}),
    ("approved-row", {"rows": (*ROWS, *BELOW)}),
    ("contract-holds", {"contracts": (CONTRACT,), "documents": DOCUMENTS}),
    ("range-broken", {"constraints": (BROKEN,)}),
    ("inferred", {"rows": BELOW}),
    ("no-evidence", {}),
]


@pytest.mark.parametrize("rung", range(len(LADDER)), ids=[code for code, _ in LADDER])
def test_the_strongest_evidence_speaks_and_silences_the_rest(rung: int) -> None:
    rules = EDGE
    for _, evidence in reversed(LADDER[rung:]):
        rules = replace(rules, **evidence)
    assert [reason.code for reason in verdict(rules).reasons] == [LADDER[rung][0]]


@pytest.mark.parametrize(
    ("evidence", "code"), [({"denials": (DENIAL,)}, "denied"), ({"failures": (FAILURE,)}, "failed-together")]
)
def test_a_row_never_beats_a_denial_or_a_failure(evidence: dict[str, Any], code: str) -> None:
    found = verdict(replace(EDGE, rows=ROWS, **evidence))
    assert (found.overall, [reason.code for reason in found.reasons]) == (Overall.INCOMPATIBLE, [code])


def test_a_row_beats_a_contract_and_a_range_that_fail() -> None:
    lacking = replace(CONTRACT, path="/authors")
    rules = replace(EDGE, rows=ROWS, contracts=(lacking,), documents=DOCUMENTS, constraints=(BROKEN,))
    assert codes(verdict(rules)) == [("approved-row", Severity.OK, "row:3,row:4")]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (
            {"denials": (replace(DENIAL, id=9), DENIAL)},
            [("denied", Severity.ERROR, "denial:1"), ("denied", Severity.ERROR, "denial:9")],
        ),
        (
            {"failures": (replace(FAILURE, id=9), FAILURE)},
            [("failed-together", Severity.ERROR, "failure:2"), ("failed-together", Severity.ERROR, "failure:9")],
        ),
        (
            {"contracts": (CONTRACT, replace(CONTRACT, id=9, path="/authors")), "documents": DOCUMENTS},
            [("endpoint-missing", Severity.ERROR, "contract:9"), ("contract-holds", Severity.OK, "contract:5")],
        ),
        (
            {"constraints": (HOLDING, BROKEN)},
            [("range-broken", Severity.ERROR, "constraint:7"), ("range-holds", Severity.OK, "constraint:6")],
        ),
    ],
)
def test_evidence_of_one_strength_is_listed_in_full_and_the_worst_wins(
    evidence: dict[str, Any], expected: Codes
) -> None:
    found = verdict(replace(EDGE, **evidence))
    assert (found.overall, codes(found)) == (Overall.INCOMPATIBLE, expected)


def test_a_denial_says_what_is_denied_whichever_way_round_it_is_written() -> None:
    (reason,) = verdict(replace(EDGE, denials=(DENIAL,))).reasons
    assert (reason.text, reason.observed, reason.required) == (
        "a 1.0.0 with b 2.0.0 is denied: They deadlock.",
        "2.0.0",
        "never b ^2.0.0 with a 1.x",
    )


@pytest.mark.parametrize("raw", [{"a": "2.0.0", "b": "2.0.0"}, {"a": "1.0.0", "b": "3.0.0"}])
def test_a_denial_of_other_versions_is_no_evidence(raw: dict[str, str]) -> None:
    assert codes(verdict(replace(EDGE, denials=(DENIAL,)), raw)) == [("no-evidence", Severity.UNKNOWN, "")]


def test_a_denial_means_prereleases_too_where_they_do_not_count_otherwise() -> None:
    found = verdict(replace(EDGE, denials=(DENIAL,)), {"a": "1.1.0-rc.1", "b": "2.3.0-beta.1"})
    assert codes(found) == [("denied", Severity.ERROR, "denial:1")]


def test_a_denial_that_cannot_be_read_leaves_everything_open_and_cannot_be_lived_with() -> None:
    unreadable = replace(DENIAL, other_range="newest")
    rules = replace(EDGE, denials=(unreadable,), rows=ROWS, ignores=(ignore("denial-unreadable"),))
    found = verdict(rules)
    assert (found.overall, codes(found), found.reasons[0].ignored) == (
        Overall.UNDETERMINED,
        [("denial-unreadable", Severity.UNKNOWN, "denial:1")],
        "",
    )
    assert (found.reasons[0].text, found.reasons[0].fix) == (
        (
            "What is denied of b with a cannot be read: “newest” is not a version range: "
            "“newest” is neither a version nor a range of versions."
        ),
        "Correct the denial.",
    )


@pytest.mark.parametrize(("stage", "where"), [("", ""), ("QA", " in QA")])
def test_a_failure_says_where_and_why_and_is_meant_for_every_build(stage: str, where: str) -> None:
    failure = replace(FAILURE, stage=stage)
    (reason,) = verdict(replace(EDGE, failures=(failure,)), {**PAIR, "b": "2.0.0+7"}).reasons
    assert (reason.text, reason.required) == (
        f"a 1.0.0 with b 2.0.0+7 failed{where} before: Orders were lost.",
        "not b 2.0.0 with a 1.0.0",
    )


@pytest.mark.parametrize("changed", [{"version": "1.0.1"}, {"other_version": "2.0.1"}, {"other_version": "two"}])
def test_a_failure_of_other_versions_is_no_evidence(changed: dict[str, Any]) -> None:
    failures = (replace(FAILURE, **changed),)
    assert codes(verdict(replace(EDGE, failures=failures))) == [("no-evidence", Severity.UNKNOWN, "")]


@pytest.mark.parametrize("evidence", [{"denials": (DENIAL,)}, {"failures": (FAILURE,)}, {"constraints": (BROKEN,)}])
def test_services_that_do_not_depend_on_each_other_are_weighed_where_a_rule_connects_them(
    evidence: dict[str, Any],
) -> None:
    assert verdict(replace(EDGE, depends_on={}, **evidence)).overall is Overall.INCOMPATIBLE


def test_what_a_version_states_that_it_requires_is_named_as_such() -> None:
    required = Constraint(
        id=12, consumer="a", consumer_range="1.0.0", provider="b", provider_range=">=2.4.0", origin="requirement"
    )
    found = verdict(replace(EDGE, constraints=(required,)))
    assert codes(found) == [("range-broken", Severity.ERROR, "requirement:12")]


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        (datetime(2026, 11, 20, 23, 59, tzinfo=UTC), "approved-row"),
        (datetime(2026, 11, 21, 0, 0, tzinfo=UTC), "no-evidence"),
        (None, "approved-row"),
    ],
)
def test_a_row_counts_up_to_and_on_its_last_day(as_of: datetime | None, code: str) -> None:
    rows = tuple(replace(row, expires_on=date(2026, 11, 20)) for row in ROWS)
    assert [reason.code for reason in verdict(replace(EDGE, rows=rows, as_of=as_of)).reasons] == [code]


def test_a_row_past_its_day_is_unknown_and_is_named() -> None:
    rows = (ROWS[0], replace(ROWS[1], expires_on=date(2026, 11, 20)))
    (reason,) = verdict(replace(EDGE, rows=rows)).reasons
    assert (reason.severity, reason.evidence, reason.text) == (
        Severity.UNKNOWN,
        "row:4",
        (
            "Nothing is known about a 1.0.0 with b 2.0.0: no row approves the pair and no rule covers it. "
            "Row 4 approved it until 2026-11-20."
        ),
    )


def test_a_row_past_its_day_suggests_nothing_for_another_platform_version() -> None:
    rows = tuple(replace(row, expires_on=date(2026, 11, 20)) for row in BELOW)
    (reason,) = verdict(replace(EDGE, rows=rows)).reasons
    assert (reason.code, reason.evidence) == ("no-evidence", "")


def test_a_guess_is_a_warning_with_the_rows_that_it_rests_on() -> None:
    found = verdict(replace(EDGE, rows=BELOW), {"a": "1.0.1", "b": "2.1.0"})
    assert (found.overall, codes(found), found.reasons[0].text) == (
        Overall.COMPATIBLE_WITH_WARNINGS,
        [("inferred", Severity.WARNING, "row:13,row:14")],
        (
            "No row or rule speaks of a 1.0.1 with b 2.1.0; "
            "a 1.0.1 is a compatible step from 1.0.0, approved below. (POSSIBLE) "
            "b 2.1.0 is a compatible step from 2.0.0, approved below. (POSSIBLE)"
        ),
    )


def test_a_guess_against_the_pair_stays_unknown_and_says_why() -> None:
    found = verdict(replace(EDGE, rows=BELOW), {"a": "1.0.0", "b": "3.0.0"})
    assert (found.overall, found.reasons[0].evidence, found.reasons[0].text) == (
        Overall.UNDETERMINED,
        "row:13,row:14",
        (
            "Nothing is known about a 1.0.0 with b 3.0.0: no row approves the pair and no rule covers it. "
            "a 1.0.0 is a compatible step from 1.0.0, approved below. (POSSIBLE) "
            "b 3.0.0 is no compatible step from 2.0.0, approved below. (UNLIKELY)"
        ),
    )


def test_nothing_is_guessed_about_services_that_do_not_depend_on_each_other() -> None:
    apart = replace(EDGE, depends_on={}, rows=BELOW, denials=(replace(DENIAL, other_range="9.x"),))
    assert [reason.code for reason in verdict(apart).reasons] == ["no-dependencies"]


OPEN = replace(CONTRACT, id=8, path="/authors", built_for="2.0.0")


@pytest.mark.parametrize(
    ("evidence", "expected", "overall"),
    [
        ({}, [("no-document", True)], Overall.UNDETERMINED),
        ({"rows": ROWS}, [("approved-row", True)], Overall.COMPATIBLE),
        ({"constraints": (HOLDING,)}, [("no-document", False), ("range-holds", True)], Overall.COMPATIBLE),
        ({"rows": BELOW}, [("inferred", True), ("no-document", False)], Overall.COMPATIBLE_WITH_WARNINGS),
        ({"required": frozenset("a"), "optional": frozenset("b")}, [("no-document", False)], Overall.COMPATIBLE),
        (
            {"constraints": (HOLDING,), "required": frozenset("a"), "optional": frozenset("b")},
            [("no-document", False), ("range-holds", True)],
            Overall.COMPATIBLE,
        ),
    ],
)
def test_a_contract_that_cannot_be_checked_decides_only_where_nothing_else_speaks(
    evidence: dict[str, Any], expected: list[tuple[str, bool]], overall: Overall
) -> None:
    found = verdict(replace(EDGE, contracts=(OPEN,), **evidence))
    assert (found.overall, [(reason.code, reason.decisive) for reason in found.reasons]) == (overall, expected)


def test_a_checked_contract_an_unchecked_one_and_the_rules_are_shown_together() -> None:
    unreadable = replace(CONTRACT, id=8, consumer_range="newest")
    both = replace(EDGE, contracts=(CONTRACT, unreadable), documents=DOCUMENTS)
    with_rule = verdict(replace(both, constraints=(HOLDING,)))
    assert (verdict(both).overall, with_rule.overall, codes(with_rule)) == (
        Overall.UNDETERMINED,
        Overall.COMPATIBLE,
        [
            ("not-analysed", Severity.UNKNOWN, "contract:8"),
            ("contract-holds", Severity.OK, "contract:5"),
            ("range-holds", Severity.OK, "constraint:6"),
        ],
    )


def test_a_contract_of_other_consumer_versions_is_no_evidence() -> None:
    rules = replace(EDGE, contracts=(replace(CONTRACT, consumer_range="^2.0.0"),), documents=DOCUMENTS)
    assert codes(verdict(rules)) == [("no-evidence", Severity.UNKNOWN, "")]


def test_contracts_that_all_miss_the_release_leave_it_undetermined() -> None:
    rules = Rules(required=frozenset({"bookverse-a", "bookverse-b"}), contracts=(CONTRACT,), documents=DOCUMENTS)
    found = verdict(rules, {"bookverse-a": "1.0.0", "bookverse-b": "2.0.0"})
    assert (found.overall, codes(found)) == (Overall.UNDETERMINED, [("nothing-checked", Severity.UNKNOWN, "")])
