from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from releases.domain.constraints import compile_range
from releases.domain.contracts import BreakingChange, Contract, Method
from releases.domain.inference import Guess, Likelihood, infer_compatibility, neighbourhood
from releases.domain.rules import Row, Rules
from releases.domain.versions import Version, parse
from tests.domain.platform import LIVE, RULES, versions
from tests.domain.strategies import versions as drawn_versions

LIKELY, POSSIBLE, UNLIKELY, UNKNOWN = Likelihood


def row(number: int, platform: str, *approved: str, service: str = "a") -> Row:
    return Row(id=number, platform_version=platform, service=service, approved=approved)


def guess(version: str, *rows: Row, platform: str = "2.1.0", rules: Rules | None = None) -> Guess:
    known = replace(rules or Rules(), rows=rows)
    (found,) = infer_compatibility(parse(platform), versions({"a": version}), known).guesses
    return found


BELOW, ABOVE = row(1, "2.0.0", "1.2.0", "1.4.0"), row(2, "2.2.0", "1.6.0")


@pytest.mark.parametrize(
    ("version", "rows", "expected", "text"),
    [
        ("1.5.0", (BELOW, ABOVE), LIKELY, "a 1.5.0 lies between 1.2.0 and 1.6.0, approved below and above."),
        ("1.2.0", (BELOW, ABOVE), LIKELY, "a 1.2.0 lies between 1.2.0 and 1.6.0, approved below and above."),
        ("1.6.0", (BELOW, ABOVE), LIKELY, "a 1.6.0 lies between 1.2.0 and 1.6.0, approved below and above."),
        ("1.7.0", (BELOW, ABOVE), POSSIBLE, "a 1.7.0 is a compatible step from 1.4.0, approved below."),
        ("1.4.0", (BELOW,), POSSIBLE, "a 1.4.0 is a compatible step from 1.4.0, approved below."),
        ("1.9.0", (BELOW,), POSSIBLE, "a 1.9.0 is a compatible step from 1.4.0, approved below."),
        ("2.0.0", (BELOW,), UNLIKELY, "a 2.0.0 is no compatible step from 1.4.0, approved below."),
        ("1.1.0", (BELOW, ABOVE), UNKNOWN, "a 1.1.0 is older than 1.2.0, the oldest approved below."),
        ("1.5.0", (ABOVE,), UNKNOWN, "No platform version below 2.1.0 in its line has a row for a."),
        (
            "1.5.0",
            (replace(BELOW, service="b"), ABOVE),
            UNKNOWN,
            "No platform version below 2.1.0 in its line has a row for a.",
        ),
    ],
)
def test_a_guess_names_its_rule(version: str, rows: tuple[Row, ...], expected: Likelihood, text: str) -> None:
    found = guess(version, *rows)
    assert (found.likelihood, found.text) == (expected, text)


@pytest.mark.parametrize(
    ("rows", "used"), [((BELOW, ABOVE), (1, 2)), ((BELOW,), (1,)), ((BELOW, replace(ABOVE, service="b")), (1,))]
)
def test_a_guess_names_the_rows_that_it_rests_on(rows: tuple[Row, ...], used: tuple[int, ...]) -> None:
    assert guess("1.4.0", *rows).rows == used


def test_only_the_nearest_platform_versions_are_asked() -> None:
    far = (row(3, "2.0.0-rc.1", "1.0.0"), row(4, "2.3.0", "3.0.0"), BELOW, ABOVE)
    assert guess("1.5.0", *far).rows == (1, 2)


@pytest.mark.parametrize(
    ("platform", "known", "expected"),
    [
        ("2.1.0", "1.9.0", UNKNOWN),
        ("2.1.0", "3.0.0", UNKNOWN),
        ("2.1.0", "2.0.0", POSSIBLE),
        ("0.2.1", "0.2.0", POSSIBLE),
        ("0.3.0", "0.2.0", UNKNOWN),
        ("1.0.0", "0.9.0", UNKNOWN),
    ],
)
def test_only_platform_versions_of_one_compatible_line_are_neighbours(
    platform: str, known: str, expected: Likelihood
) -> None:
    assert guess("1.4.0", row(1, known, "1.4.0"), platform=platform).likelihood is expected


BREAKING = BreakingChange(id=1, provider="a", version="1.5.0", text="Books have no price.")
STABLE_SINCE = Contract(id=1, consumer="b", provider="a", method=Method.GET, path="/", stable_since="1.5.0")


@pytest.mark.parametrize("boundary", [Rules(breaking_changes=(BREAKING,)), Rules(contracts=(STABLE_SINCE,))])
@pytest.mark.parametrize(
    ("version", "expected"), [("1.4.9", LIKELY), ("1.5.0", UNLIKELY), ("1.6.0", UNLIKELY), ("1.5.0-rc.1", LIKELY)]
)
def test_a_boundary_that_is_crossed_makes_the_set_unlikely(boundary: Rules, version: str, expected: Likelihood) -> None:
    assert guess(version, BELOW, ABOVE, rules=boundary).likelihood is expected


def test_a_boundary_is_crossed_downwards_too_and_is_named() -> None:
    lower = Rules(breaking_changes=(replace(BREAKING, version="1.3.0"),))
    assert guess("1.2.5", BELOW, ABOVE, rules=lower).text == (
        "a 1.2.5 is past 1.3.0, where something broke, and 1.4.0 is the last approved."
    )


@pytest.mark.parametrize(
    "elsewhere", [replace(BREAKING, provider="b"), replace(BREAKING, version="1.9.0"), replace(BREAKING, version="two")]
)
def test_a_boundary_elsewhere_changes_nothing(elsewhere: BreakingChange) -> None:
    assert guess("1.5.0", BELOW, ABOVE, rules=Rules(breaking_changes=(elsewhere,))).likelihood is LIKELY


def test_a_set_is_as_likely_as_its_worst_service() -> None:
    rows = (BELOW, ABOVE, row(3, "2.0.0", "1.0.0", service="b"), row(4, "2.0.0", "1.0.0", service="c"))
    sets = [{"a": "1.5.0"}, {"a": "1.5.0", "b": "1.1.0"}, {"b": "1.0.0", "d": "1.0.0"}, {"c": "2.0.0", "d": "1.0.0"}]
    found = [infer_compatibility(parse("2.1.0"), versions(raw), Rules(rows=rows)).likelihood for raw in sets]
    assert found == [LIKELY, POSSIBLE, UNKNOWN, UNLIKELY]


def test_nothing_is_guessed_about_a_platform_version_with_rows_of_its_own() -> None:
    found = infer_compatibility(parse("2.1.0"), LIVE, RULES)
    assert (neighbourhood(RULES, parse("2.1.0")), found.guesses, found.likelihood) == (None, (), UNKNOWN)


@pytest.mark.parametrize(
    "useless",
    [
        replace(BELOW, approved=()),
        replace(BELOW, approved=("newest",)),
        replace(BELOW, platform_version="two"),
        replace(BELOW, expires_on=date(2026, 11, 1)),
    ],
)
def test_rows_that_say_nothing_or_have_ended_are_no_neighbours(useless: Row) -> None:
    moment = Rules(as_of=datetime(2026, 11, 22, tzinfo=UTC))
    assert guess("1.4.0", useless, rules=moment).likelihood is UNKNOWN


def test_a_row_on_its_last_day_is_a_neighbour() -> None:
    moment = Rules(as_of=datetime(2026, 11, 22, 23, tzinfo=UTC))
    assert guess("1.4.0", replace(BELOW, expires_on=date(2026, 11, 22)), rules=moment).likelihood is POSSIBLE


@given(drawn_versions, drawn_versions)
def test_with_one_neighbour_below_exactly_what_a_caret_admits_is_possible(approved: Version, version: Version) -> None:
    caret = compile_range(f"^{approved}")
    possible = guess(version.raw, row(1, "2.0.0", approved.raw)).likelihood is POSSIBLE
    assert possible == caret.admits(version, include_prereleases=True)
