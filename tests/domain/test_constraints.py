from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given

from releases.domain.constraints import InvalidRange, compile_entered, compile_range
from releases.domain.versions import parse
from tests.domain.strategies import range_texts, stable_versions, versions

if TYPE_CHECKING:
    from releases.domain.versions import Version

STEPS = ["0.0.0", "0.0.3", "0.0.4", "0.2.3", "0.3.0", "1.0.0", "1.2.2", "1.2.3", "1.2.4", "1.3.0", "2.0.0", "3.0.0"]


def admitted(text: str) -> list[str]:
    return [step for step in STEPS if compile_range(text).admits(parse(step))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3", ["1.2.3"]),
        ("=1.2.3", ["1.2.3"]),
        ("v1.2.3", ["1.2.3"]),
        ("= v1.2.3", ["1.2.3"]),
        (">1.2.3", ["1.2.4", "1.3.0", "2.0.0", "3.0.0"]),
        ("> 1.2.3", ["1.2.4", "1.3.0", "2.0.0", "3.0.0"]),
        (">=1.3.0", ["1.3.0", "2.0.0", "3.0.0"]),
        ("<0.2.3", ["0.0.0", "0.0.3", "0.0.4"]),
        ("<=0.0.3", ["0.0.0", "0.0.3"]),
        (">=1.2.3 <2.0.0", ["1.2.3", "1.2.4", "1.3.0"]),
        ("1.2.3 - 2.0.0", ["1.2.3", "1.2.4", "1.3.0", "2.0.0"]),
        ("1.2 - 2", ["1.2.2", "1.2.3", "1.2.4", "1.3.0", "2.0.0"]),
        ("1.2.3 - 1.2", ["1.2.3", "1.2.4"]),
        ("x - 0.2.3", ["0.0.0", "0.0.3", "0.0.4", "0.2.3"]),
        ("2 - *", ["2.0.0", "3.0.0"]),
        ("1.x", ["1.0.0", "1.2.2", "1.2.3", "1.2.4", "1.3.0"]),
        ("1.2.*", ["1.2.2", "1.2.3", "1.2.4"]),
        ("=1.2", ["1.2.2", "1.2.3", "1.2.4"]),
        ("2", ["2.0.0"]),
        (">1", ["2.0.0", "3.0.0"]),
        (">1.2", ["1.3.0", "2.0.0", "3.0.0"]),
        (">=1.3.x", ["1.3.0", "2.0.0", "3.0.0"]),
        ("<1", ["0.0.0", "0.0.3", "0.0.4", "0.2.3", "0.3.0"]),
        ("<=0.2", ["0.0.0", "0.0.3", "0.0.4", "0.2.3"]),
        ("<=0.x", ["0.0.0", "0.0.3", "0.0.4", "0.2.3", "0.3.0"]),
        (">*", []),
        ("<x", []),
        ("^1.2.3", ["1.2.3", "1.2.4", "1.3.0"]),
        ("^ 1.2.3", ["1.2.3", "1.2.4", "1.3.0"]),
        ("^0.2.3", ["0.2.3"]),
        ("^0.0.3", ["0.0.3"]),
        ("^0.0", ["0.0.0", "0.0.3", "0.0.4"]),
        ("^0.x", ["0.0.0", "0.0.3", "0.0.4", "0.2.3", "0.3.0"]),
        ("^1.2.x", ["1.2.2", "1.2.3", "1.2.4", "1.3.0"]),
        ("~1.2.3", ["1.2.3", "1.2.4"]),
        ("~>1.2.3", ["1.2.3", "1.2.4"]),
        ("~ 1.2", ["1.2.2", "1.2.3", "1.2.4"]),
        ("~1", ["1.0.0", "1.2.2", "1.2.3", "1.2.4", "1.3.0"]),
        ("~0.0.3", ["0.0.3", "0.0.4"]),
        ("^1 || >=3", ["1.0.0", "1.2.2", "1.2.3", "1.2.4", "1.3.0", "3.0.0"]),
        ("1.2.3||2.0.0", ["1.2.3", "2.0.0"]),
        ("*", STEPS),
        ("", STEPS),
        ("^*", STEPS),
        ("~x", STEPS),
        ("2.0.0 ||", STEPS),
        (">2 <1", []),
        ("1.2.3+build", ["1.2.3"]),
    ],
)
def test_a_range_admits_exactly_these_releases(text: str, expected: list[str]) -> None:
    assert admitted(text) == expected


@pytest.mark.parametrize(
    ("text", "version", "strictly", "widely"),
    [
        ("^1.2.3", "1.3.0-rc.1", False, True),
        ("^1.2.3", "2.0.0-rc.1", False, False),
        ("^1.2.3", "1.2.3-rc.1", False, False),
        ("^1.2.3-rc.2", "1.2.3-rc.3", True, True),
        ("^1.2.3-rc.2", "1.2.3-rc.1", False, False),
        ("^1.2.3-rc.2", "1.2.4-rc.3", False, True),
        ("^0.0.3-rc.2", "0.0.3", True, True),
        ("~1.2.3-rc.2", "1.2.3-rc.2", True, True),
        ("~1.2.3-rc.2", "1.3.0-0", False, False),
        ("1.x", "1.0.0-0", False, True),
        ("^1", "1.0.0-0", False, True),
        ("~1.2", "1.2.0-0", False, True),
        (">=1", "1.0.0-0", False, True),
        (">1", "2.0.0-0", False, True),
        ("<=1", "2.0.0-0", False, False),
        ("<2", "2.0.0-0", False, False),
        (">=1.2.3", "1.2.3-rc.1", False, False),
        ("1.2.3 - 2.0.0", "1.2.3-rc.1", False, True),
        ("1.2.3 - 2.0.0", "2.0.0-rc.1", False, True),
        ("1.2.3 - 2.0.0", "2.0.1-rc.1", False, False),
        ("1.2.3-rc.2 - 2.0.0-rc.1", "2.0.0-rc.1", True, True),
        ("1.2.3-rc.2 - =2.0.0-rc.1", "2.0.0-rc.2", False, False),
        ("*", "1.0.0-rc.1", False, True),
        ("* || 1.0.0-rc.1", "1.0.0-rc.1", False, True),
        (">=0.0.0-0", "0.0.0-0", True, True),
        (">=0.0.0 <0.0.0-5", "0.0.0-1", True, False),
        ("<0.0.0-0", "0.0.0-0", False, False),
        ("1.2.3", "1.2.3+build.7", True, True),
    ],
)
def test_a_prerelease_is_admitted_only_where_it_is_meant(
    text: str, version: str, *, strictly: bool, widely: bool
) -> None:
    compiled, candidate = compile_range(text), parse(version)
    assert (compiled.admits(candidate), compiled.admits(candidate, include_prereleases=True)) == (strictly, widely)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("latest", "“latest” is neither a version nor a range of versions."),
        (">", "“>” is neither a version nor a range of versions."),
        ("1.2.3.4", "“1.2.3.4” is neither a version nor a range of versions."),
        ("01.2.3", "“01.2.3” is neither a version nor a range of versions."),
        ("1.x.3", "“1.x.3” is neither a version nor a range of versions."),
        ("==1.2.3", "“==1.2.3” is neither a version nor a range of versions."),
        (">1.2.3<2", "“>1.2.3<2” is neither a version nor a range of versions."),
        ("1.2.3 -", "“-” is neither a version nor a range of versions."),
        ("=1.2.3 - 2.0.0", "leave out the = before the ends of a range from one version to another."),
        ("1.2.3 - =2.0.0", "leave out the = before the ends of a range from one version to another."),
        ("^9007199254740991", "it holds a version that has a number beyond 9007199254740991."),
        ("≥1.2.3", "only ASCII letters, digits and signs are allowed."),
        ("1" * 257, "it is longer than 256 characters."),
        (f"1.2.3-{'a' * 130}", "it holds a version that is longer than 128 characters."),
    ],
)
def test_what_is_no_range_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidRange) as refusal:
        compile_range(text)
    assert (refusal.value.text, refusal.value.why, refusal.value.field) == (text, why, "range")


def test_a_blank_range_is_refused_from_a_person() -> None:
    with pytest.raises(InvalidRange) as refusal:
        compile_entered("  ")
    assert refusal.value.why == "it is empty; write * to admit every version."


def test_a_range_from_a_person_loses_its_outer_blanks() -> None:
    assert str(compile_entered(" ^1.2.3 ")) == "^1.2.3"


def test_a_range_is_compiled_once() -> None:
    assert compile_range("^1.2.3") is compile_range("^1.2.3")


@pytest.mark.parametrize(
    ("text", "unsatisfiable"),
    [
        (">2 <1", True),
        ("<0.0.0-0", True),
        (">1.2.3 <1.2.4-0", True),
        ("1.2.3 1.2.4", True),
        (">2.0.0-a <2.0.0-a.0", True),
        (">2 <1 || 1.0.0", False),
        ("*", False),
        ("<1", False),
        ("<0.0.0", False),
        (">1.2.3-rc.1 <1.2.3", False),
        (">1.2.3 <1.2.4", False),
        (">=0.0.0 <0.0.0-5", False),
        ("<=1.x 2.0.0-rc.1", True),
    ],
)
def test_a_range_that_nothing_can_match_is_known(text: str, *, unsatisfiable: bool) -> None:
    assert compile_range(text).is_unsatisfiable is unsatisfiable


@given(versions)
def test_a_caret_a_tilde_and_the_version_itself_admit_the_version(version: Version) -> None:
    ranges = [compile_range(f"{sign}{version}") for sign in ("^", "~", "", ">=", "<=")]
    assert [each.text for each in ranges if not each.admits(version)] == []


@given(range_texts, range_texts, versions)
def test_an_alternative_admits_what_either_side_admits(left: str, right: str, version: Version) -> None:
    either, sides = compile_range(f"{left} || {right}"), [compile_range(left), compile_range(right)]
    # A side that admits every release swallows the other, prereleases included, as in node.
    assume(() not in either.strict)
    assert either.admits(version) == any(side.admits(version) for side in sides)


@given(range_texts, range_texts, versions)
def test_an_alternative_widely_admits_what_either_side_does(left: str, right: str, version: Version) -> None:
    either, sides = compile_range(f"{left} || {right}"), [compile_range(left), compile_range(right)]
    expected = any(side.admits(version, include_prereleases=True) for side in sides)
    assert either.admits(version, include_prereleases=True) == expected


@given(range_texts, range_texts, stable_versions)
def test_two_ranges_side_by_side_admit_what_both_admit(left: str, right: str, version: Version) -> None:
    both = compile_range(f"{left} {right}")
    assert both.admits(version) == (compile_range(left).admits(version) and compile_range(right).admits(version))


@given(range_texts, stable_versions)
def test_the_wide_mode_changes_nothing_for_releases(text: str, version: Version) -> None:
    compiled = compile_range(text)
    assert compiled.admits(version) == compiled.admits(version, include_prereleases=True)


@given(range_texts, versions)
def test_a_range_that_admits_something_is_satisfiable(text: str, version: Version) -> None:
    compiled = compile_range(text)
    assume(compiled.admits(version) or compiled.admits(version, include_prereleases=True))
    assert not compiled.is_unsatisfiable


def admits(text: str, version: Version, *, wide: bool = False) -> bool:
    return compile_range(text).admits(version, include_prereleases=wide)


@given(versions, versions)
def test_a_whole_version_admits_exactly_its_precedence(exact: Version, version: Version) -> None:
    expected = version.key == exact.key
    assert (admits(exact.raw, version), admits(exact.raw, version, wide=True)) == (expected, expected)


@given(versions, versions, versions)
def test_from_one_version_to_another_is_two_comparisons(low: Version, high: Version, version: Version) -> None:
    assert admits(f"{low} - {high}", version) is admits(f">={low} <={high}", version)


@given(versions, versions)
def test_a_tilde_admits_nothing_that_the_caret_does_not(base: Version, version: Version) -> None:
    # Under 0.0.z the caret keeps the patch, which the tilde does not.
    assume(base.core[:2] != (0, 0))
    assert not admits(f"~{base}", version, wide=True) or admits(f"^{base}", version, wide=True)


@given(versions, versions)
def test_comparisons_are_those_of_precedence_where_prereleases_count(bound: Version, version: Version) -> None:
    found = [admits(f"{sign}{bound}", version, wide=True) for sign in ("<", "<=", ">", ">=")]
    assert found == [version < bound, version <= bound, version > bound, version >= bound]


@given(range_texts, range_texts, versions)
def test_two_ranges_side_by_side_widely_admit_what_both_admit(left: str, right: str, version: Version) -> None:
    both = admits(f"{left} {right}", version, wide=True)
    assert both is (admits(left, version, wide=True) and admits(right, version, wide=True))


@given(range_texts, versions)
def test_what_is_admitted_strictly_is_admitted_widely(text: str, version: Version) -> None:
    # Node leaves >=0.0.0 out in the strict mode only, so that prereleases of 0.0.0 may pass it there.
    assume(version.core != (0, 0, 0))
    assert not admits(text, version) or admits(text, version, wide=True)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("\u00a0^1.2.3\n", "^1.2.3"),
        ("1.2+build.7", "1.2"),
        ("1.2.3 +build", "1.2.3"),
        ("+build", "*"),
        ("= 1.2 - 2", "1.2 - 2"),
        ("~ > 1.2", "~1.2"),
        ("~> 1.2", "~1.2"),
        ("*1.2.3", "1.2.3"),
        ("^x.1", "*"),
    ],
)
def test_what_node_admits_beyond_the_written_grammar_is_read_as_node_does(text: str, meant: str) -> None:
    assert (compile_range(text).strict, compile_range(text).wide) == (
        compile_range(meant).strict,
        compile_range(meant).wide,
    )


@pytest.mark.parametrize(
    "text", ["> = 1.2.3", "== 1.2", "v= 2", "v 1.2.3", "\x1c1.2.3", "1 - 2 - 3", "^9007199254740991"]
)
def test_what_node_refuses_although_it_nearly_reads_is_refused(text: str) -> None:
    with pytest.raises(InvalidRange):
        compile_range(text)


@pytest.mark.parametrize("prefix", ["v", ""])
def test_a_lower_bound_of_everything_lets_no_prerelease_in_unless_it_is_spelt_with_a_v(prefix: str) -> None:
    assert admits(f">={prefix}0.0.0 || 1.0.0-rc.1", parse("1.0.0-rc.1")) is (prefix == "v")
