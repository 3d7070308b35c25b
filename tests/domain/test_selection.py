from __future__ import annotations

from dataclasses import replace

import pytest

from releases.domain.plans import Candidate, Selection, eligibility, select_version
from releases.domain.selection import Chooser
from releases.domain.versions import parse
from tests.domain.platform import released

GOOD = released("1.4.0")


@pytest.mark.parametrize(
    ("candidate", "why_not"),
    [
        (GOOD, ""),
        (replace(GOOD, release_status="trusted_release", registry_status="completed"), ""),
        (replace(GOOD, tag="latest"), ""),
        (replace(GOOD, tag="Quarantine"), "It is in quarantine."),
        (replace(GOOD, registry_status="FAILED"), "Its status in the registry is FAILED, not COMPLETED."),
        (replace(GOOD, registry_status=""), "Its status in the registry is empty, not COMPLETED."),
        (
            replace(GOOD, release_status="PRE_RELEASE", stage="QA"),
            "It is not released: its release status is PRE_RELEASE.",
        ),
        (replace(GOOD, release_status=""), "It is not released: its release status is empty."),
        (replace(GOOD, version_raw="1.4.0-rc.1"), "It is a prerelease, and the policy admits none here."),
        (
            replace(GOOD, version_raw="2024.05.0"),
            "“2024.05.0” is not a version: no number may begin with a zero.",
        ),
    ],
)
def test_a_version_is_eligible_or_says_why_not(candidate: Candidate, why_not: str) -> None:
    assert eligibility(candidate, admit_prereleases=False) == why_not


def test_a_prerelease_is_eligible_where_the_policy_admits_it() -> None:
    assert eligibility(released("1.4.0-rc.1"), admit_prereleases=True) == ""


@pytest.mark.parametrize(("stage", "eligible"), [("qa", True), ("DEV", False), ("", False)])
def test_a_version_at_the_stage_where_the_kind_starts_needs_no_release(stage: str, *, eligible: bool) -> None:
    candidate = replace(GOOD, release_status="PRE_RELEASE", stage=stage)
    assert (eligibility(candidate, admit_prereleases=False, from_stage="QA") == "") is eligible


def choose(*candidates: Candidate, override: str = "", reason: str = "", wide: bool = False) -> Selection:
    return select_version("inventory", candidates, admit_prereleases=wide, override=override, reason=reason)


def test_the_highest_eligible_version_is_chosen_and_every_other_refusal_is_listed() -> None:
    quarantined = released("1.5.0", tag="quarantine")
    assert choose(released("1.3.0"), quarantined, GOOD, released("1.10")) == Selection(
        service="inventory",
        version=parse("1.4.0"),
        why="1.4.0 is the highest eligible version.",
        rejected=(
            ("1.10", "“1.10” is not a version: it must have three numbers, as in 1.4.0."),
            ("1.5.0", "It is in quarantine."),
        ),
    )


def test_the_answer_falls_back_when_the_latest_is_quarantined() -> None:
    assert choose(released("1.9.0", tag="quarantine"), released("1.8.0")).version == parse("1.8.0")


@pytest.mark.parametrize(("wide", "expected"), [(False, "1.9.0"), (True, "1.10.0-rc.1")])
def test_a_prerelease_wins_only_where_the_policy_admits_it(expected: str, *, wide: bool) -> None:
    assert str(choose(released("1.10.0-rc.1"), released("1.9.0"), wide=wide).version) == expected


def test_a_service_without_an_eligible_version_is_named_with_every_refusal() -> None:
    found = choose(released("1.5.0", tag="quarantine"))
    assert found.version is None
    assert found.problem is not None
    assert (found.problem.code, found.problem.field, found.problem.text, found.problem.fix) == (
        "no-eligible-version",
        "overrides.inventory",
        "inventory has no eligible version: 1.5.0: It is in quarantine.",
        "Release a version of inventory.",
    )


def test_a_service_without_any_version_says_that_the_registry_lists_none() -> None:
    assert choose().why == "inventory has no eligible version: the registry lists none."


def test_builds_of_equal_precedence_need_a_choice() -> None:
    found = choose(released("1.4.0+b"), released("1.4.0+a"), released("1.3.0"))
    assert (found.version, found.why) == (
        None,
        "inventory has builds of equal precedence: 1.4.0+a, 1.4.0+b.",
    )


def test_the_same_version_listed_twice_is_no_conflict() -> None:
    assert choose(GOOD, GOOD).version == parse("1.4.0")


@pytest.mark.parametrize("entered", ["1.3.0", "v1.3.0", " 1.3.0 "])
def test_an_override_is_taken_as_a_person_types_it(entered: str) -> None:
    found = choose(released("1.3.0"), GOOD, override=entered)
    assert (str(found.version), found.chosen_by, found.why) == ("1.3.0", Chooser.OVERRIDE, "1.3.0 was chosen by hand.")


def test_an_override_picks_one_of_two_equal_builds() -> None:
    assert str(choose(released("1.4.0+b"), released("1.4.0+a"), override="1.4.0+a").version) == "1.4.0+a"


@pytest.mark.parametrize(
    ("override", "code", "text", "fix"),
    [
        (
            "1.4",
            "invalid-override",
            "“1.4” is not a version: it must have three numbers, as in 1.4.0.",
            "Choose one of 1.4.0, 1.3.0.",
        ),
        ("1.4.9", "unregistered-override", "The registry has no inventory 1.4.9.", "Choose one of 1.4.0, 1.3.0."),
        (
            "1.5.0",
            "refused-override",
            "inventory 1.5.0 must not be chosen. It is in quarantine.",
            "Choose one of 1.4.0, 1.3.0.",
        ),
        (
            "1.6.0-rc.1",
            "override-needs-reason",
            "inventory 1.6.0-rc.1 breaks a rule. It is a prerelease, and the policy admits none here.",
            "Give a reason. Choose one of 1.4.0, 1.3.0.",
        ),
    ],
)
def test_an_override_that_cannot_be_taken_says_how_to_mend_it(override: str, code: str, text: str, fix: str) -> None:
    offered = (released("1.3.0"), GOOD, released("1.5.0", tag="quarantine"), released("1.6.0-rc.1"))
    problem = choose(*offered, override=override).problem
    assert problem is not None
    assert (problem.code, problem.text, problem.fix, problem.field) == (code, text, fix, "overrides.inventory")


def test_a_reason_admits_an_override_that_only_breaks_policy() -> None:
    found = choose(GOOD, released("1.6.0-rc.1"), override="1.6.0-rc.1", reason=" Agreed on Monday. ")
    assert (str(found.version), found.why) == (
        "1.6.0-rc.1",
        (
            "1.6.0-rc.1 was chosen by hand although: It is a prerelease, and the policy admits none here. "
            "The reason: Agreed on Monday."
        ),
    )


def test_no_reason_admits_a_quarantined_version() -> None:
    found = choose(released("1.5.0", tag="quarantine"), override="1.5.0", reason="Please.")
    assert found.problem is not None
    assert (found.problem.code, found.problem.fix) == ("refused-override", "Release a version of inventory first.")


def test_a_fix_with_one_choice_names_it() -> None:
    problem = choose(GOOD, override="9.9.9").problem
    assert problem is not None
    assert problem.fix == "Choose 1.4.0."
