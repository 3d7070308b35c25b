from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest
import semver
from hypothesis import assume, given
from hypothesis import strategies as st

from releases.domain.versions import (
    AlreadyPublished,
    Classification,
    Direction,
    Flag,
    InvalidVersion,
    Level,
    bump,
    classify,
    highest,
    next_in_channel,
    parse,
    parse_entered,
)
from tests.domain.strategies import far_versions, stable_versions, versions

if TYPE_CHECKING:
    from releases.domain.versions import Version

GOLDEN_ORDER = ["2.1.0", "2.2.0-beta.3", "2.2.0-rc.1", "2.2.0-rc.9", "2.2.0-rc.10", "2.2.0", "2.3.0-alpha.1"]
SPECIFIED_ORDER = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
]


def step(old: str | None, new: str | None, last_stable: str | None = None) -> Classification:
    return classify(
        parse(old) if old else None,
        parse(new) if new else None,
        last_stable=parse(last_stable) if last_stable else None,
    )


def test_a_version_is_taken_apart() -> None:
    version = parse("1.2.3-rc.10.x-y+build.7")
    parts = (version.core, version.prerelease, version.build, version.is_prerelease, str(version))
    assert parts == ((1, 2, 3), ("rc", 10, "x-y"), "build.7", True, "1.2.3-rc.10.x-y+build.7")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "it is empty."),
        (" 1.2.3", "it contains white space."),
        ("1.2.3\n", "it contains white space."),
        ("1.2.٣", "only ASCII letters, digits, dots, hyphens and plus are allowed."),
        ("1٢.2.3", "only ASCII letters, digits, dots, hyphens and plus are allowed."),
        ("v1.2.3", "leave out the leading v."),
        ("2024.05.0", "no number may begin with a zero."),
        ("1.2", "it must have three numbers, as in 1.4.0."),
        ("1.2.3.4", "it must have three numbers, as in 1.4.0."),
        ("2026-W48", "it must have three numbers, as in 1.4.0."),
        ("1.2.3-01", "it must read as 1.4.0, 1.4.0-rc.1 or 1.4.0+build.7."),
        ("1.2.x", "it must read as 1.4.0, 1.4.0-rc.1 or 1.4.0+build.7."),
        ("1.2.3+", "it must read as 1.4.0, 1.4.0-rc.1 or 1.4.0+build.7."),
    ],
)
def test_what_is_no_version_is_refused_with_the_reason(raw: str, why: str) -> None:
    with pytest.raises(InvalidVersion) as refusal:
        parse(raw)
    assert (refusal.value.raw, refusal.value.why) == (raw, why)


def test_a_version_of_128_characters_is_read() -> None:
    assert parse("1.2.3-" + "a" * 122).prerelease == ("a" * 122,)


def test_a_longer_version_is_refused_and_its_message_stays_short() -> None:
    with pytest.raises(InvalidVersion) as refusal:
        parse("1.2.3-" + "a" * 5000)
    assert (refusal.value.why, len(refusal.value.message)) == ("it is longer than 128 characters.", 183)


@pytest.mark.parametrize("entered", ["v1.4.0", " 1.4.0 ", "V1.4.0", "1.4.0"])
def test_what_a_person_types_may_have_a_v_and_blanks(entered: str) -> None:
    assert parse_entered(entered).raw == "1.4.0"


@pytest.mark.parametrize("order", [GOLDEN_ORDER, SPECIFIED_ORDER, ["1.9.0", "1.10.0"]])
def test_precedence_follows_the_specification(order: list[str]) -> None:
    assert [version.raw for version in sorted(map(parse, reversed(order)))] == order


@given(versions, versions)
def test_exactly_one_of_below_same_and_above_holds(left: Version, right: Version) -> None:
    assert [left < right, left.key == right.key, left > right].count(True) == 1
    assert (left <= right, left >= right) == (not left > right, not left < right)


@given(versions)
def test_a_version_prints_as_it_was_read(version: Version) -> None:
    assert parse(str(version)) == version


def test_two_builds_are_different_versions_of_one_precedence() -> None:
    one, other = parse("1.4.0+a"), parse("1.4.0+b")
    assert (one == other, one.key == other.key, len({one, other, parse("1.4.0+a")})) == (False, True, 2)


def test_the_highest_does_not_depend_on_the_order_of_equal_builds() -> None:
    one, other = parse("1.4.0+a"), parse("1.4.0+b")
    assert (highest([one, other]), highest([other, one]), highest([])) == (other, other, None)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.2.3", "2.0.0", (Direction.UP, Level.MAJOR, frozenset())),
        ("1.2.3", "1.3.0", (Direction.UP, Level.MINOR, frozenset())),
        ("1.2.3", "1.2.4", (Direction.UP, Level.PATCH, frozenset())),
        ("1.2.3", "1.2.3", (Direction.NONE, Level.NONE, frozenset())),
        ("2.1.0", "1.9.0", (Direction.DOWN, Level.MAJOR, frozenset())),
        ("2.0.0", "2.0.0-rc.1", (Direction.DOWN, Level.PRERELEASE, frozenset())),
        ("2.0.0-rc.1", "2.0.0", (Direction.UP, Level.MAJOR, frozenset({Flag.PROMOTE}))),
        ("2.1.0-rc.1", "2.1.0", (Direction.UP, Level.MINOR, frozenset({Flag.PROMOTE}))),
        ("2.1.1-rc.1", "2.1.1", (Direction.UP, Level.PATCH, frozenset({Flag.PROMOTE}))),
        ("2.0.0-rc.1", "2.0.0-rc.2", (Direction.UP, Level.PRERELEASE, frozenset())),
        ("1.0.0", "2.0.0-rc.1", (Direction.UP, Level.MAJOR, frozenset({Flag.TO_PRERELEASE}))),
        ("0.1.0", "0.2.0", (Direction.UP, Level.MINOR, frozenset({Flag.BREAKING}))),
        ("0.0.1", "0.0.2", (Direction.UP, Level.PATCH, frozenset({Flag.BREAKING}))),
        ("0.1.0", "0.1.1", (Direction.UP, Level.PATCH, frozenset())),
        ("0.9.0", "1.0.0", (Direction.UP, Level.MAJOR, frozenset())),
        ("1.2.3+a", "1.2.3+b", (Direction.NONE, Level.BUILD_ONLY, frozenset({Flag.BUILD_ONLY}))),
        (None, "1.0.0", (Direction.ADDED, Level.MINOR, frozenset())),
        (None, "1.0.0-rc.1", (Direction.ADDED, Level.MINOR, frozenset({Flag.TO_PRERELEASE}))),
        ("1.0.0", None, (Direction.REMOVED, Level.MAJOR, frozenset())),
        (None, None, (Direction.NONE, Level.NONE, frozenset())),
    ],
)
def test_a_step_is_classified(
    old: str | None, new: str | None, expected: tuple[Direction, Level, frozenset[Flag]]
) -> None:
    direction, level, flags = expected
    assert step(old, new) == Classification(direction=direction, level=level, flags=flags)


@pytest.mark.parametrize(
    ("last_stable", "level", "flags"),
    [
        ("1.9.0", Level.MAJOR, {Flag.PROMOTE}),
        ("2.0.0-alpha.1", Level.PRERELEASE, {Flag.PROMOTE}),
        ("2.0.0", Level.PRERELEASE, {Flag.PROMOTE}),
    ],
)
def test_a_promoted_prerelease_is_measured_from_the_last_release(
    last_stable: str, level: Level, flags: set[Flag]
) -> None:
    expected = Classification(direction=Direction.UP, level=level, flags=frozenset(flags))
    assert step("2.0.0-rc.1", "2.0.0", last_stable) == expected


def test_a_promotion_below_one_says_when_it_breaks() -> None:
    assert step("0.3.0-rc.1", "0.3.0", "0.2.0").flags == frozenset({Flag.PROMOTE, Flag.BREAKING})


@given(versions, versions)
def test_a_step_and_its_reverse_go_opposite_ways(old: Version, new: Version) -> None:
    opposite = {Direction.UP: Direction.DOWN, Direction.DOWN: Direction.UP, Direction.NONE: Direction.NONE}
    assert classify(new, old).direction is opposite[classify(old, new).direction]


def test_levels_are_ordered_by_meaning_and_not_by_spelling() -> None:
    order = [Level.NONE, Level.BUILD_ONLY, Level.PRERELEASE, Level.PATCH, Level.MINOR, Level.MAJOR]
    assert (sorted([*order[3:], *order[:3]]), max(order)) == (order, Level.MAJOR)
    assert (Level.MINOR <= Level.MINOR, Level.MINOR >= Level.MAJOR, Level.MINOR > Level.PATCH) == (True, False, True)


@pytest.mark.parametrize("compare", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_a_level_has_no_order_with_other_text(compare: str) -> None:
    assert getattr(Level.MAJOR, compare)("MAJOR") is NotImplemented


@pytest.mark.parametrize(
    ("version", "level", "expected"),
    [
        ("2.1.0", Level.MAJOR, "3.0.0"),
        ("2.1.3", Level.MINOR, "2.2.0"),
        ("2.1.3", Level.PATCH, "2.1.4"),
        ("2.2.0-rc.1", Level.PATCH, "2.2.0"),
        ("2.2.0-rc.1", Level.MINOR, "2.2.0"),
        ("2.2.1-rc.1", Level.MINOR, "2.3.0"),
        ("2.2.0-rc.1", Level.MAJOR, "3.0.0"),
    ],
)
def test_a_bump_gives_the_next_release(version: str, level: Level, expected: str) -> None:
    assert bump(parse(version), level).raw == expected


@given(versions, st.sampled_from([Level.PATCH, Level.MINOR, Level.MAJOR]))
def test_a_bump_always_goes_up_to_a_release(version: Version, level: Level) -> None:
    bumped = bump(version, level)
    assert (bumped > version, bumped.is_prerelease) == (True, False)


@pytest.mark.parametrize(
    ("channel", "taken", "expected"),
    [
        ("alpha", [], "2.2.0-alpha.1"),
        ("alpha", ["2.2.0-alpha.1", "2.2.0-alpha.3"], "2.2.0-alpha.4"),
        ("beta", ["2.2.0-alpha.7"], "2.2.0-beta.1"),
        ("alpha", ["2.1.0-alpha.9", "3.0.0-alpha.9", "2.2.0-alpha", "2.2.0-alpha.x", "2.2.0"], "2.2.0-alpha.1"),
        ("rc", ["2.2.0-rc.9", "2.2.0-rc.10"], "2.2.0-rc.11"),
        ("", ["2.2.0-rc.1"], "2.2.0"),
    ],
)
def test_a_channel_numbers_on_from_everything_ever_given(channel: str, taken: list[str], expected: str) -> None:
    assert next_in_channel(parse("2.2.0"), channel, list(map(parse, taken))).raw == expected


def test_a_higher_level_starts_the_labels_of_its_own_target() -> None:
    assert next_in_channel(parse("3.0.0"), "alpha", [parse("2.2.0-beta.3")]).raw == "3.0.0-alpha.1"


def test_a_published_target_is_not_given_again() -> None:
    with pytest.raises(AlreadyPublished) as refusal:
        next_in_channel(parse("2.2.0"), "", [parse("2.2.0")])
    assert (refusal.value.version.raw, refusal.value.message) == ("2.2.0", "2.2.0 is already published.")


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        (["2.2.0"], "2.2.1"),
        (["2.2.0", "2.2.1", "2.2.3"], "2.2.2"),
        (["2.2.0", "2.2.1-rc.1", "2.3.0", "2.3.1"], "2.2.1"),
    ],
)
def test_who_is_refused_a_published_target_is_told_the_next_free_one(taken: list[str], free: str) -> None:
    with pytest.raises(AlreadyPublished) as refusal:
        next_in_channel(parse("2.2.0"), "", list(map(parse, taken)))
    assert refusal.value.free.raw == free


@given(stable_versions, st.lists(stable_versions, max_size=4))
def test_a_label_is_always_new_and_below_its_target(target: Version, others: list[Version]) -> None:
    taken = [next_in_channel(other, "rc", ()) for other in others]
    label = next_in_channel(target, "rc", taken)
    assert (label in taken, label < target, label.core) == (False, True, target.core)


@given(far_versions, far_versions)
def test_precedence_is_that_of_another_implementation(left: Version, right: Version) -> None:
    compared = semver.Version.parse(left.raw).compare(right.raw)
    assert (left > right) - (left < right) == compared
    assert (left.key == right.key) is (compared == 0)


@given(versions, versions, versions)
def test_three_versions_never_stand_in_a_circle(one: Version, two: Version, three: Version) -> None:
    circles = [(a, b, c) for a, b, c in permutations((one, two, three)) if a < b and b < c and not a < c]
    assert circles == []


@given(versions, versions)
def test_two_versions_that_each_stand_at_or_below_the_other_have_one_precedence(one: Version, two: Version) -> None:
    assert (one <= two <= one) is (one.key == two.key)


@given(versions, versions)
def test_a_step_is_nothing_only_within_one_precedence_and_down_only_when_it_is_lower(
    old: Version, new: Version
) -> None:
    step = classify(old, new)
    assert (step.direction is Direction.NONE) is (old.key == new.key)
    assert (step.level in {Level.NONE, Level.BUILD_ONLY}) is (old.key == new.key)
    assert (step.direction is Direction.DOWN) is (new < old)


@given(versions, versions)
def test_a_step_is_as_large_as_its_reverse_and_is_named_for_the_first_number_that_differs(
    old: Version, new: Version
) -> None:
    assume(old.core != new.core)
    first = next(place for place, pair in enumerate(zip(old.core, new.core, strict=True)) if len(set(pair)) > 1)
    expected = (Level.MAJOR, Level.MINOR, Level.PATCH)[first]
    assert (classify(old, new).level, classify(new, old).level) == (expected, expected)


@given(versions, versions)
def test_a_step_between_different_numbers_breaks_below_one_unless_it_is_a_patch_above_zero_zero(
    old: Version, new: Version
) -> None:
    assume(old.core != new.core)
    breaks = old.major == new.major == 0 and (old.minor != new.minor or old.minor == 0)
    assert (Flag.BREAKING in classify(old, new).flags) is breaks


@given(stable_versions, st.lists(st.sampled_from(["alpha", "beta", "rc"]), max_size=8))
def test_the_numbers_of_a_channel_run_from_one_without_gap_or_repeat(target: Version, channels: list[str]) -> None:
    given: list[Version] = []
    for channel in channels:
        given.append(next_in_channel(target, channel, given))
    expected = [f"{target}-{channel}.{channels[: place + 1].count(channel)}" for place, channel in enumerate(channels)]
    assert [label.raw for label in given] == expected


@given(stable_versions, st.lists(versions, max_size=5))
def test_a_promotion_through_the_channels_keeps_its_target_and_rises(target: Version, taken: list[Version]) -> None:
    labels = [next_in_channel(target, channel, taken) for channel in ("alpha", "beta", "rc")]
    assert [label.core for label in labels] == [target.core] * 3
    assert labels == sorted(labels, key=lambda label: label.key)
    assert labels[-1] < target


@given(versions)
def test_a_higher_level_never_gives_a_lower_version(version: Version) -> None:
    patch, minor, major = (bump(version, level) for level in (Level.PATCH, Level.MINOR, Level.MAJOR))
    assert (patch <= minor, minor <= major) == (True, True)
