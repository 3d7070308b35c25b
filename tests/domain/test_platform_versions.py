from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from releases.domain.platform_versions import (
    PlatformBump,
    TargetRefused,
    describe_change,
    determine_platform_version,
    service_changes,
)
from releases.domain.versions import AlreadyPublished, Level, bump, next_in_channel, parse
from tests.domain.platform import LIVE, NEXT, versions
from tests.domain.strategies import stable_versions
from tests.domain.strategies import versions as drawn_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.domain.versions import Version

BASELINE = parse("2.1.0")
CHANNELS = ("alpha", "beta", "rc")


def bump_for(before: Mapping[str, str], after: Mapping[str, str], baseline: str = "2.1.0") -> PlatformBump:
    return determine_platform_version(baseline=parse(baseline), before=versions(before), after=versions(after))


@pytest.mark.parametrize(
    ("before", "after", "expected", "level"),
    [
        ({"a": "1.0.0"}, {"a": "1.0.1"}, "2.1.1", Level.PATCH),
        ({"a": "1.0.0"}, {"a": "1.1.0"}, "2.2.0", Level.MINOR),
        ({"a": "1.0.0"}, {"a": "2.0.0"}, "3.0.0", Level.MAJOR),
        ({"a": "1.0.0"}, {"a": "1.0.0+b"}, "2.1.1", Level.PATCH),
        ({"a": "0.1.0"}, {"a": "0.2.0"}, "3.0.0", Level.MAJOR),
        ({"a": "1.0.0"}, {"a": "1.0.0", "b": "4.0.0"}, "2.2.0", Level.MINOR),
        ({"a": "1.0.0", "b": "4.0.0"}, {"a": "1.0.0"}, "3.0.0", Level.MAJOR),
        ({"a": "1.1.0"}, {"a": "1.0.0"}, "2.2.0", Level.MINOR),
        ({"a": "1.0.0", "b": "1.0.0"}, {"a": "1.0.1", "b": "1.1.0"}, "2.2.0", Level.MINOR),
        ({"a": "1.0.0"}, {"a": "1.1.0-rc.1"}, "2.2.0", Level.MINOR),
    ],
)
def test_the_highest_change_decides(
    before: Mapping[str, str], after: Mapping[str, str], expected: str, level: Level
) -> None:
    found = bump_for(before, after)
    assert (str(found.version), found.level) == (expected, level)


def test_the_story_of_the_next_platform_version_is_told_in_order() -> None:
    found = determine_platform_version(baseline=BASELINE, before=LIVE, after=NEXT)
    assert found.rationale == (
        "checkout goes from 1.5.2 to 1.5.3, a PATCH step.",
        "helm goes from 1.1.0 to 1.1.1, a PATCH step.",
        "inventory goes from 1.2.3 to 1.4.0, a MINOR step.",
        "recommendations goes from 2.1.0 to 2.2.0, a MINOR step.",
        "web goes from 3.0.1 to 3.0.2, a PATCH step.",
        "The highest level is MINOR, so 2.1.0 becomes 2.2.0.",
    )


def test_a_breaking_change_before_one_says_what_it_counts_as() -> None:
    assert bump_for({"a": "0.1.0"}, {"a": "0.2.0"}).rationale[0] == (
        "a goes from 0.1.0 to 0.2.0, a MINOR step (breaking before 1.0.0). For the platform this counts as MAJOR."
    )


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (None, "1.0.0", "a 1.0.0 is added."),
        ("1.0.0", None, "a 1.0.0 is removed."),
        ("1.0.0", "1.0.0", "a stays at 1.0.0."),
        ("1.0.0", "1.0.0+7", "a goes from 1.0.0 to 1.0.0+7, another build of the same version."),
        ("1.1.0", "1.0.0", "a goes down from 1.1.0 to 1.0.0, a MINOR step."),
        ("1.0.0", "1.1.0-rc.1", "a goes from 1.0.0 to 1.1.0-rc.1, a MINOR step (to a prerelease)."),
    ],
)
def test_each_change_reads_as_a_sentence(before: str | None, after: str | None, text: str) -> None:
    change = describe_change("a", parse(before) if before else None, parse(after) if after else None)
    assert change.text == text


def test_nothing_changed_gives_no_version() -> None:
    found = determine_platform_version(baseline=BASELINE, before=LIVE, after=LIVE)
    assert found == PlatformBump(
        version=None, level=Level.NONE, rationale=("No service changed, so 2.1.0 stays.",), changes=()
    )


def test_a_platform_without_services_has_no_version() -> None:
    found = determine_platform_version(baseline=None, before={}, after={})
    assert (found.version, found.rationale) == (None, ("There is no service, so there is no version.",))


def test_a_forced_release_of_the_same_services_is_a_patch_with_its_reason() -> None:
    found = determine_platform_version(baseline=BASELINE, before=LIVE, after=LIVE, forced_reason="New certificates.")
    assert (str(found.version), found.level, found.rationale) == (
        "2.1.1",
        Level.PATCH,
        (
            "No service changed; a PATCH is forced: New certificates.",
            "The highest level is PATCH, so 2.1.0 becomes 2.1.1.",
        ),
    )


def test_the_first_platform_version_is_one() -> None:
    found = determine_platform_version(baseline=None, before={}, after=LIVE)
    assert (str(found.version), found.rationale[-1]) == ("1.0.0", "This is the first platform version: 1.0.0.")


def test_the_first_platform_version_may_be_called_otherwise() -> None:
    assert (
        str(determine_platform_version(baseline=None, before={}, after=LIVE, first=parse("0.1.0")).version) == "0.1.0"
    )


def test_a_downgrade_is_warned_of() -> None:
    found = bump_for({"a": "1.1.0", "b": "1.0.0"}, {"a": "1.0.0", "b": "1.0.1"})
    assert found.warnings == ("a goes down from 1.1.0 to 1.0.0, a MINOR step. Give a reason.",)


@pytest.mark.parametrize(
    ("before", "after", "last_stable", "expected"),
    [
        ("2.0.0-rc.1", "2.0.0", "1.9.0", "3.0.0"),
        ("2.0.0-rc.1", "2.0.0", None, "3.0.0"),
        ("1.2.0-rc.1", "1.2.0-rc.2", "1.1.4", "2.2.0"),
        ("1.2.1-rc.1", "1.2.1-rc.2", None, "2.1.1"),
        ("2.0.0-rc.1", "2.1.0", "1.9.0", "3.0.0"),
        ("0.3.0-rc.1", "0.3.0-rc.2", "0.2.0", "3.0.0"),
        ("0.3.0-rc.1", "0.3.0", "0.2.0", "3.0.0"),
        ("2.0.0-rc.1", "2.0.0", "2.0.0", "2.1.1"),
    ],
)
def test_a_service_on_a_prerelease_counts_from_its_last_release(
    before: str, after: str, last_stable: str | None, expected: str
) -> None:
    found = determine_platform_version(
        baseline=BASELINE,
        before={"a": parse(before)},
        after={"a": parse(after)},
        last_stable={"a": parse(last_stable)} if last_stable else {},
    )
    assert str(found.version) == expected


def test_a_prerelease_that_stays_changes_nothing() -> None:
    same = {"a": parse("2.0.0-rc.1")}
    assert service_changes(same, same) == ()


@pytest.mark.parametrize(
    ("requested", "reason", "said"),
    [
        ("2.2.0", "", "The highest level is MINOR, so 2.1.0 becomes 2.2.0."),
        ("3.0.0", "", "3.0.0 was asked for in place of 2.2.0."),
        ("2.1.5", "Agreed.", "2.1.5 was asked for although the changes ask for 2.2.0: Agreed."),
    ],
)
def test_a_target_may_be_asked_for(requested: str, reason: str, said: str) -> None:
    found = determine_platform_version(
        baseline=BASELINE, before=LIVE, after=NEXT, requested=parse(requested), override_reason=reason
    )
    assert (str(found.version), found.rationale[-1]) == (requested, said)


@pytest.mark.parametrize(
    ("requested", "message"),
    [
        ("2.1.5", "The changes ask for at least 2.2.0; give a reason to use 2.1.5 all the same."),
        ("2.1.0", "2.1.0 is not above 2.1.0, the last platform version."),
        ("2.2.0-rc.1", "A target version is a release; leave out what follows 2.2.0."),
        ("2.2.0+build", "A target version is a release; leave out what follows 2.2.0."),
    ],
)
def test_a_target_that_cannot_be_is_refused(requested: str, message: str) -> None:
    with pytest.raises(TargetRefused) as refusal:
        determine_platform_version(baseline=BASELINE, before=LIVE, after=NEXT, requested=parse(requested))
    told = (str(refusal.value.requested), str(refusal.value.determined), refusal.value.message, refusal.value.field)
    assert told == (requested, "2.2.0", message, "target_version")


def test_a_version_that_is_published_is_an_error_and_never_skipped() -> None:
    with pytest.raises(AlreadyPublished) as refusal:
        determine_platform_version(baseline=BASELINE, before=LIVE, after=NEXT, published=[parse("2.2.0")])
    assert refusal.value.version == parse("2.2.0")


sets_of_services = st.dictionaries(st.sampled_from("abc"), drawn_versions, max_size=3)


def determined(before: Mapping[str, Version], after: Mapping[str, Version], baseline: Version) -> Version | None:
    return determine_platform_version(baseline=baseline, before=before, after=after).version


@given(sets_of_services, sets_of_services, stable_versions)
def test_a_change_always_raises_the_platform_version_and_no_change_never_does(
    before: Mapping[str, Version], after: Mapping[str, Version], baseline: Version
) -> None:
    version = determined(before, after, baseline)
    assert (version is None) is (before == after)
    assert version is None or (version > baseline and not version.is_prerelease)


@given(sets_of_services, sets_of_services, drawn_versions, drawn_versions, stable_versions)
def test_a_further_change_never_lowers_the_platform_version(
    before: Mapping[str, Version], after: Mapping[str, Version], old: Version, new: Version, baseline: Version
) -> None:
    one = determined(before, after, baseline) or baseline
    two = determined({**before, "z": old}, {**after, "z": new}, baseline) or baseline
    assert one <= two


@given(sets_of_services, sets_of_services, stable_versions)
def test_going_back_counts_as_much_as_going_there(
    before: Mapping[str, Version], after: Mapping[str, Version], baseline: Version
) -> None:
    kept = before.keys() & after.keys()
    old, new = ({name: each[name] for name in kept if not each[name].is_prerelease} for each in (before, after))
    assume(old.keys() == new.keys())
    assert determined(old, new, baseline) == determined(new, old, baseline)


@given(st.lists(st.tuples(st.sampled_from([Level.PATCH, Level.MINOR, Level.MAJOR]), st.sampled_from(CHANNELS))))
def test_no_label_is_ever_given_twice_whatever_is_planned_in_whatever_order(steps: list[tuple[Level, str]]) -> None:
    given: list[Version] = []
    for level, channel in steps:
        given.append(next_in_channel(bump(BASELINE, level), channel, given))
    assert len({version.key for version in given}) == len(given)
    assert [version.raw for version in given if version <= BASELINE] == []


def test_a_higher_level_later_starts_again_in_the_first_channel() -> None:
    given = [parse("2.2.0-beta.3")]
    assert next_in_channel(bump(BASELINE, Level.MAJOR), "alpha", given).raw == "3.0.0-alpha.1"


def test_a_release_goes_through_the_channels_under_one_target() -> None:
    given = [parse(f"2.2.0-beta.{number}") for number in (1, 2, 3)]
    labels = [next_in_channel(parse("2.2.0"), channel, given).raw for channel in ("rc", "")]
    assert labels == ["2.2.0-rc.1", "2.2.0"]
