from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from releases.domain.compatibility import Constraint, Overall, Reason, Row, Rules, Severity, Verdict, conclude, judge
from releases.domain.versions import parse
from tests.domain.platform import LIVE, NEXT, OFFERED, RULES, constraint, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

PLATFORM = parse("2.1.0")
NEXT_PLATFORM = parse("2.2.0")
PAIR = {"a": "1.0.0", "b": "2.0.0"}


def rules(*constraints: Constraint, rows: tuple[Row, ...] = (), optional: str = "", external: str = "") -> Rules:
    """Service a depends on b."""
    return Rules(
        rows=rows,
        constraints=constraints,
        depends_on={"a": frozenset({"b"})},
        required=frozenset("ab") - frozenset(optional) - frozenset(external),
        optional=frozenset(optional),
        external=frozenset(external),
    )


def verdict(
    raw: Mapping[str, str], known: Rules, *, wide: bool = False, offered: Mapping[str, str] | None = None
) -> Verdict:
    return judge(
        versions=versions(raw),
        platform_version=PLATFORM,
        rules=known,
        include_prereleases=wide,
        candidates={service: tuple(map(parse, texts.split())) for service, texts in (offered or {}).items()},
    )


def codes(found: Verdict) -> list[tuple[str, Severity, str]]:
    return [(reason.code, reason.severity, reason.evidence) for reason in found.reasons]


def test_the_live_set_is_compatible_by_rows() -> None:
    found = judge(versions=LIVE, platform_version=PLATFORM, rules=RULES)
    assert (found.overall, {reason.code for reason in found.reasons}) == (Overall.COMPATIBLE, {"approved-row"})


def test_the_next_set_is_compatible_by_ranges() -> None:
    found = judge(versions=NEXT, platform_version=NEXT_PLATFORM, rules=RULES)
    assert (found.overall, {reason.code for reason in found.reasons}) == (Overall.COMPATIBLE, {"range-holds"})


def test_a_broken_rule_names_the_rule_the_versions_and_the_nearest_fix() -> None:
    chosen = {**NEXT, "inventory": parse("1.3.0")}
    found = judge(versions=chosen, platform_version=NEXT_PLATFORM, rules=RULES, candidates=OFFERED)
    assert (found.overall, found.errors) == (
        Overall.INCOMPATIBLE,
        (
            Reason(
                code="range-broken",
                severity=Severity.ERROR,
                service="recommendations",
                other="inventory",
                observed="1.3.0",
                required=">=1.4.0",
                evidence="constraint:2",
                fix="Take inventory 1.4.0, or keep recommendations at 2.1.0.",
                text="recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen.",
            ),
        ),
    )


def test_reasons_come_worst_first() -> None:
    reasons = [
        Reason(code=code, severity=severity, service=service, text="")
        for code, severity, service in [
            ("b", Severity.OK, "a"),
            ("b", Severity.WARNING, "a"),
            ("b", Severity.ERROR, "z"),
            ("b", Severity.ERROR, "a"),
            ("a", Severity.ERROR, "z"),
            ("b", Severity.UNKNOWN, "a"),
        ]
    ]
    found = conclude(reasons)
    assert [(reason.severity.value, reason.code, reason.service) for reason in found.reasons] == [
        ("ERROR", "a", "z"),
        ("ERROR", "b", "a"),
        ("ERROR", "b", "z"),
        ("UNKNOWN", "b", "a"),
        ("WARNING", "b", "a"),
        ("OK", "b", "a"),
    ]
    counts = [len(each) for each in (found.errors, found.unknowns, found.warnings, found.passed)]
    assert counts == [3, 1, 1, 1]


@pytest.mark.parametrize(
    ("severities", "overall"),
    [
        ([Severity.OK], Overall.COMPATIBLE),
        ([Severity.OK, Severity.WARNING], Overall.COMPATIBLE_WITH_WARNINGS),
        ([Severity.WARNING, Severity.UNKNOWN], Overall.UNDETERMINED),
        ([Severity.UNKNOWN, Severity.ERROR], Overall.INCOMPATIBLE),
        ([], Overall.UNDETERMINED),
    ],
)
def test_the_worst_reason_decides(severities: list[Severity], overall: Overall) -> None:
    reasons = [Reason(code="x", severity=severity, service="a", text="") for severity in severities]
    assert conclude(reasons).overall is overall


def test_a_rule_that_only_warns_gives_a_warning() -> None:
    soft = replace(constraint(1, "a", "*", "b", "^3.0.0"), severity=Severity.WARNING)
    found = verdict(PAIR, rules(soft))
    assert (found.overall, codes(found)) == (
        Overall.COMPATIBLE_WITH_WARNINGS,
        [("range-broken", Severity.WARNING, "constraint:1")],
    )


def test_an_edge_without_a_rule_is_unknown_and_says_what_to_add() -> None:
    found = verdict(PAIR, rules())
    assert (found.overall, found.reasons[0].code, found.reasons[0].fix) == (
        Overall.UNDETERMINED,
        "no-evidence",
        "Add a compatibility rule for a on b, or approve both versions in a row.",
    )


def test_a_rule_for_other_versions_of_the_consumer_is_no_evidence() -> None:
    found = verdict(PAIR, rules(constraint(1, "a", "^2.0.0", "b", "*")))
    assert codes(found) == [("no-evidence", Severity.UNKNOWN, "")]


@pytest.mark.parametrize("optional", ["a", "b"])
def test_an_unknown_edge_of_an_optional_service_is_shown_and_decides_nothing(optional: str) -> None:
    found = verdict(PAIR, rules(optional=optional))
    assert (found.overall, codes(found)) == (Overall.COMPATIBLE, [("no-evidence", Severity.UNKNOWN, "")])


ROWS = (
    Row(id=3, platform_version="2.1.0", service="a", approved=("1.0.0",)),
    Row(id=4, platform_version="2.1.0", service="b", approved=("1.9.0", "2.0.0")),
)


def test_a_row_silences_a_rule_that_would_fail() -> None:
    found = verdict(PAIR, rules(constraint(1, "a", "*", "b", "^3.0.0"), rows=ROWS))
    assert (found.overall, codes(found)) == (
        Overall.COMPATIBLE,
        [("approved-row", Severity.OK, "row:3,row:4")],
    )


def test_rows_speak_for_their_own_platform_version_only() -> None:
    known = rules(constraint(1, "a", "*", "b", "^3.0.0"), rows=ROWS)
    found = judge(versions=versions(PAIR), platform_version=NEXT_PLATFORM, rules=known)
    without = judge(versions=versions(PAIR), platform_version=None, rules=known)
    assert (codes(found), codes(without)) == ([("range-broken", Severity.ERROR, "constraint:1")],) * 2


def test_a_row_needs_both_ends_approved() -> None:
    found = verdict({**PAIR, "b": "2.0.1"}, rules(constraint(1, "a", "*", "b", "*"), rows=ROWS))
    assert codes(found) == [("range-holds", Severity.OK, "constraint:1")]


def test_what_is_no_version_in_a_row_approves_nothing() -> None:
    rows = (replace(ROWS[0], approved=("one", "1.0.0")), replace(ROWS[1], platform_version="two"))
    assert codes(verdict(PAIR, rules(rows=rows))) == [("no-evidence", Severity.UNKNOWN, "")]


def test_the_first_of_two_rows_that_approve_is_named() -> None:
    again = replace(ROWS[0], id=9)
    assert codes(verdict(PAIR, rules(rows=(again, *ROWS)))) == [("approved-row", Severity.OK, "row:3,row:4")]


def test_every_rule_of_a_pair_is_weighed_and_the_worst_wins() -> None:
    found = verdict(PAIR, rules(constraint(1, "a", "*", "b", "^2.0.0"), constraint(2, "b", "*", "a", "^2.0.0")))
    assert (found.overall, codes(found)) == (
        Overall.INCOMPATIBLE,
        [("range-broken", Severity.ERROR, "constraint:2"), ("range-holds", Severity.OK, "constraint:1")],
    )


def test_a_rule_between_services_that_do_not_depend_on_each_other_counts() -> None:
    known = replace(rules(constraint(1, "b", "*", "c", "^2.0.0")), required=frozenset("bc"), depends_on={})
    found = verdict({"b": "2.0.0", "c": "1.0.0"}, known)
    assert codes(found) == [("range-broken", Severity.ERROR, "constraint:1")]


def test_a_rule_that_cannot_be_read_leaves_its_pair_unknown() -> None:
    found = verdict(PAIR, rules(constraint(1, "a", "*", "b", "newest")))
    assert (found.overall, found.reasons[0].text) == (
        Overall.UNDETERMINED,
        (
            "The rule of a on b cannot be read: “newest” is not a version range: "
            "“newest” is neither a version nor a range of versions."
        ),
    )


@pytest.mark.parametrize(("wide", "code"), [(False, "range-broken"), (True, "range-holds")])
def test_a_prerelease_satisfies_a_rule_only_where_prereleases_count(code: str, *, wide: bool) -> None:
    found = verdict({"a": "1.0.0", "b": "2.1.0-rc.1"}, rules(constraint(1, "a", "*", "b", "^2.0.0")), wide=wide)
    assert [reason.code for reason in found.reasons] == [code]


def test_a_refused_prerelease_is_told_apart_from_a_wrong_version() -> None:
    found = verdict({"a": "1.0.0", "b": "2.1.0-rc.1"}, rules(constraint(1, "a", "*", "b", "^2.0.0")))
    assert found.reasons[0].text == (
        "a 1.0.0 needs b ^2.0.0, but b 2.1.0-rc.1 is chosen, and prereleases do not count here."
    )


def test_a_missing_service_is_an_error_that_proposes_a_version() -> None:
    known = rules(constraint(1, "a", "*", "b", "*"))
    found = verdict({"a": "1.0.0"}, known, offered={"b": "2.0.0 2.1.0"})
    assert (found.overall, found.errors[0].code, found.errors[0].fix) == (
        Overall.INCOMPATIBLE,
        "missing-service",
        "Choose a version of b, for example 2.1.0.",
    )


def test_a_missing_service_that_was_never_released_says_so() -> None:
    assert verdict({"a": "1.0.0"}, rules()).errors[0].fix == "Release a version of b."


def test_a_service_that_is_not_of_the_platform_is_an_error() -> None:
    found = verdict({**PAIR, "c": "1.0.0"}, rules(constraint(1, "a", "*", "b", "*")))
    assert codes(found)[0] == ("unexpected-service", Severity.ERROR, "")


def test_an_optional_service_may_be_absent_or_present() -> None:
    known = rules(constraint(1, "a", "*", "b", "*"), optional="b")
    assert [verdict(raw, known).overall for raw in (PAIR, {"a": "1.0.0"})] == [
        Overall.COMPATIBLE,
        Overall.UNDETERMINED,
    ]


def test_an_external_dependency_is_weighed_by_its_deployed_version() -> None:
    known = rules(constraint(1, "a", "*", "b", "^3.0.0"), external="b")
    assert codes(verdict(PAIR, known)) == [("range-broken", Severity.ERROR, "constraint:1")]


def test_a_dependency_that_is_nowhere_deployed_is_an_error() -> None:
    found = verdict({"a": "1.0.0"}, rules(external="b"))
    assert codes(found)[0] == ("missing-dependency", Severity.ERROR, "")


def test_a_release_that_has_no_dependencies_says_so() -> None:
    found = verdict({"a": "1.0.0"}, Rules(required=frozenset("a")))
    assert (found.overall, found.reasons[0].text) == (Overall.COMPATIBLE, "There are no dependencies to check.")


def test_rules_that_all_miss_the_release_leave_it_undetermined() -> None:
    known = Rules(required=frozenset({"bookverse-a"}), depends_on={"a": frozenset({"b"})})
    found = verdict({"bookverse-a": "1.0.0"}, known)
    assert (found.overall, codes(found)) == (Overall.UNDETERMINED, [("nothing-checked", Severity.UNKNOWN, "")])


@pytest.mark.parametrize(
    ("offered", "fix"),
    [
        ({"b": "2.0.0 3.0.0 3.1.0"}, "Take b 3.0.0."),
        ({"b": "2.0.0 4.0.0", "a": "0.8.0 0.9.0 1.0.0"}, "Keep a at 0.9.0."),
        ({"b": "2.0.0", "a": "1.0.0 2.0.0 3.0.0"}, "Take a 2.0.0."),
        ({"b": "2.0.0", "a": "1.0.0 1.1.0"}, "No known version of b or a mends this alone."),
        ({}, "No known version of b or a mends this alone."),
    ],
)
def test_the_nearest_version_that_mends_is_proposed(offered: Mapping[str, str], fix: str) -> None:
    known = rules(
        constraint(1, "a", "^1.0.0", "b", "^3.0.0"),
        constraint(2, "a", "<1.0.0 || >=2.0.0", "b", "^2.0.0"),
    )
    assert verdict(PAIR, known, offered=offered).errors[0].fix == fix


def test_a_fix_that_would_break_another_pair_is_not_proposed() -> None:
    known = Rules(
        constraints=(constraint(1, "a", "*", "b", ">=3.0.0"), constraint(2, "c", "*", "b", "<3.1.0")),
        depends_on={"a": frozenset({"b"}), "c": frozenset({"b"})},
        required=frozenset("abc"),
    )
    chosen = {**PAIR, "c": "1.0.0"}
    fixes = [verdict(chosen, known, offered={"b": text}).errors[0].fix for text in ("3.1.0", "3.1.0 3.0.0")]
    assert fixes == ["No known version of b or a mends this alone.", "Take b 3.0.0."]


def test_the_text_of_a_rule_is_made_from_its_data() -> None:
    assert RULES.constraints[1].text == "recommendations >=2.2.0 needs inventory >=1.4.0"
