from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.platform_versions import (
    PlatformBump,
    TargetRefused,
    describe_change,
    determine_platform_version,
    service_changes,
)
from releases.domain.versions import AlreadyPublished, Level, parse
from tests.domain.platform import LIVE, NEXT, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

BASELINE = parse("2.1.0")


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
    bump = bump_for(before, after)
    assert (str(bump.version), bump.level) == (expected, level)


def test_the_story_of_the_next_platform_version_is_told_in_order() -> None:
    bump = determine_platform_version(baseline=BASELINE, before=LIVE, after=NEXT)
    assert bump.rationale == (
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
    bump = determine_platform_version(baseline=BASELINE, before=LIVE, after=LIVE)
    assert bump == PlatformBump(
        version=None, level=Level.NONE, rationale=("No service changed, so 2.1.0 stays.",), changes=()
    )


def test_a_platform_without_services_has_no_version() -> None:
    bump = determine_platform_version(baseline=None, before={}, after={})
    assert (bump.version, bump.rationale) == (None, ("There is no service, so there is no version.",))


def test_a_forced_release_of_the_same_services_is_a_patch_with_its_reason() -> None:
    bump = determine_platform_version(baseline=BASELINE, before=LIVE, after=LIVE, forced_reason="New certificates.")
    assert (str(bump.version), bump.level, bump.rationale) == (
        "2.1.1",
        Level.PATCH,
        (
            "No service changed; a PATCH is forced: New certificates.",
            "The highest level is PATCH, so 2.1.0 becomes 2.1.1.",
        ),
    )


def test_the_first_platform_version_is_one() -> None:
    bump = determine_platform_version(baseline=None, before={}, after=LIVE)
    assert (str(bump.version), bump.rationale[-1]) == ("1.0.0", "This is the first platform version: 1.0.0.")


def test_the_first_platform_version_may_be_called_otherwise() -> None:
    assert (
        str(determine_platform_version(baseline=None, before={}, after=LIVE, first=parse("0.1.0")).version) == "0.1.0"
    )


def test_a_downgrade_is_warned_of() -> None:
    bump = bump_for({"a": "1.1.0", "b": "1.0.0"}, {"a": "1.0.0", "b": "1.0.1"})
    assert bump.warnings == ("a goes down from 1.1.0 to 1.0.0, a MINOR step. Give a reason.",)


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
    bump = determine_platform_version(
        baseline=BASELINE,
        before={"a": parse(before)},
        after={"a": parse(after)},
        last_stable={"a": parse(last_stable)} if last_stable else {},
    )
    assert str(bump.version) == expected


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
    bump = determine_platform_version(
        baseline=BASELINE, before=LIVE, after=NEXT, requested=parse(requested), override_reason=reason
    )
    assert (str(bump.version), bump.rationale[-1]) == (requested, said)


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
