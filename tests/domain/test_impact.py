from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.compatibility import Overall, Rules, judge
from releases.domain.impact import NO_IMPACT, Impact, Subject, SubjectKind, impact
from releases.domain.rules import Constraint, Denial, Ignore, Severity
from releases.domain.versions import parse
from tests.domain.platform import CONSTRAINTS, LIVE, NEXT, OFFERED, RULES, constraint

Constraints = tuple[Constraint, ...]
RELEASE, STAGE = SubjectKind.RELEASE, SubjectKind.STAGE


def release(name: str = "2.2.0-alpha.1") -> Subject:
    return Subject(kind=RELEASE, name=name, versions=NEXT, platform_version=parse("2.2.0"))


def stage(name: str = "PROD") -> Subject:
    return Subject(kind=STAGE, name=name, versions=LIVE, platform_version=parse("2.1.0"))


def without(number: int, rules: Rules = RULES) -> Rules:
    return replace(rules, constraints=tuple(rule for rule in rules.constraints if rule.id != number))


def with_rule(provider_range: str, rules: Rules = RULES, *, severity: Severity = Severity.ERROR) -> Rules:
    rule = replace(constraint(2, "recommendations", ">=2.2.0", "inventory", provider_range), severity=severity)
    return replace(rules, constraints=(*without(2, rules).constraints, rule))


def denying(rules: Rules = RULES) -> Rules:
    denial = Denial(id=1, service="checkout", service_range="*", other="inventory", other_range="*", reason="Deadlock")
    return replace(rules, denials=(denial,))


def overalls(found: Impact) -> list[tuple[str, Overall, Overall]]:
    return [(effect.subject.name, effect.before, effect.after) for effect in found.effects]


def test_a_stricter_rule_blocks_the_open_release_and_leaves_the_approved_set_alone() -> None:
    found = impact(RULES, with_rule(">=9.0.0"), [stage(), release()])

    assert overalls(found) == [("2.2.0-alpha.1", Overall.COMPATIBLE, Overall.INCOMPATIBLE)]
    assert found.summary == "blocks 1 open release"


def test_the_reasons_are_those_that_the_edit_brings() -> None:
    (effect,) = impact(RULES, with_rule(">=9.0.0"), [release()]).effects

    assert [(reason.code, reason.evidence, reason.required, reason.fix) for reason in effect.reasons] == [
        ("range-broken", "constraint:2", ">=9.0.0", "")
    ]
    assert effect.causes == effect.reasons


def test_a_fix_is_proposed_where_versions_are_known() -> None:
    (effect,) = impact(RULES, with_rule(">=9.0.0"), [release()], candidates=OFFERED).effects

    assert [reason.fix for reason in effect.reasons] == ["Keep recommendations at 2.1.0."]


def test_an_edit_that_changes_nothing_says_so() -> None:
    found = impact(RULES, with_rule(">=1.3.0"), [stage(), release()])

    assert (found, found.summary) == (NO_IMPACT, "changes nothing that is open or live")


def test_releases_are_told_before_stages_and_counted() -> None:
    found = impact(RULES, denying(), [stage(), release("2.2.0-alpha.1"), release("2.3.0-alpha.1")])

    assert found.summary == "blocks 2 open releases, un-verifies PROD's current set"


def test_several_stages_are_named() -> None:
    stages = [stage("DEV"), stage("QA"), stage("PROD")]

    assert impact(RULES, denying(), stages).summary == "un-verifies the current sets of DEV, QA and PROD"


def test_taking_the_edit_back_unblocks_and_verifies_again() -> None:
    found = impact(denying(), RULES, [stage(), release()])

    assert found.summary == "unblocks 1 open release, verifies PROD's current set"
    assert [effect.blocks for effect in found.effects] == [False, False]


BARE = replace(RULES, rows=())  # without rows nothing can be inferred either
UNDECIDED = without(3, BARE)
STRICT = with_rule(">=9.0.0", BARE)
WARNING = with_rule(">=9.0.0", BARE, severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("before", "after", "subject", "summary"),
    [
        (BARE, UNDECIDED, release(), "un-verifies 1 open release"),
        (UNDECIDED, BARE, release(), "verifies 1 open release"),
        (UNDECIDED, denying(BARE), release(), "blocks 1 open release"),
        (denying(BARE), UNDECIDED, release(), "leaves undetermined 1 open release"),
        (BARE, WARNING, release(), "warns about 1 open release"),
        (WARNING, BARE, release(), "clears the warnings of 1 open release"),
        (denying(BARE), denying(STRICT), release(), "adds reasons against 1 open release"),
        (UNDECIDED, denying(BARE), stage(), "contradicts PROD's current set"),
    ],
)
def test_each_change_has_its_word(before: Rules, after: Rules, subject: Subject, summary: str) -> None:
    assert impact(before, after, [subject]).summary == summary


def test_a_new_reason_against_a_blocked_release_is_an_effect_though_the_answer_stays() -> None:
    (effect,) = impact(denying(), denying(with_rule(">=9.0.0")), [release()]).effects

    assert (effect.before, effect.after, effect.blocks) == (Overall.INCOMPATIBLE, Overall.INCOMPATIBLE, True)
    assert [reason.code for reason in effect.reasons] == ["range-broken"]


def test_a_rule_that_holds_explains_no_effect() -> None:
    (effect,) = impact(UNDECIDED, BARE, [release()]).effects

    assert ([reason.code for reason in effect.reasons], effect.causes) == (["range-holds"], ())


def test_an_ignore_turns_a_block_into_a_warning() -> None:
    ignore = Ignore(
        id=1,
        code="range-broken",
        service="recommendations",
        other="inventory",
        reason="Known",
        by="admin",
        expires_at=datetime(2026, 12, 1, tzinfo=UTC),
    )
    broken = with_rule(">=9.0.0")
    found = impact(broken, replace(broken, ignores=(ignore,)), [release()])

    assert overalls(found) == [("2.2.0-alpha.1", Overall.INCOMPATIBLE, Overall.COMPATIBLE_WITH_WARNINGS)]
    assert found.summary == "unblocks 1 open release"


def test_the_policy_of_the_subject_decides_about_prereleases() -> None:
    versions = NEXT | {"inventory": parse("1.5.0-rc.1")}
    strict = Subject(kind=RELEASE, name="2.2.0-rc.1", versions=versions, platform_version=parse("2.2.0"))
    wide = replace(strict, name="2.2.0-alpha.1", include_prereleases=True)
    found = impact(replace(RULES, constraints=()), RULES, [strict, wide])

    assert [(name, after) for name, _, after in overalls(found)] == [
        ("2.2.0-rc.1", Overall.INCOMPATIBLE),
        ("2.2.0-alpha.1", Overall.COMPATIBLE),
    ]


def test_the_digest_is_that_of_what_is_told() -> None:
    one, same, other = (impact(RULES, with_rule(text), [release()]).digest for text in (">=9.0.0", ">=9.0.0", ">=8.0"))

    assert (one == same, one == other, one == NO_IMPACT.digest) == (True, False, False)


constraints = st.lists(st.sampled_from(CONSTRAINTS), unique=True).map(tuple)


@given(constraints, constraints)
def test_an_edit_and_its_reversal_tell_of_the_same_changes_of_answer(one: Constraints, other: Constraints) -> None:
    before, after = (replace(RULES, rows=(), constraints=rules) for rules in (one, other))
    subjects = [release(), stage()]

    def changed(found: Impact) -> set[frozenset[object]]:
        changes = [effect for effect in found.effects if effect.before is not effect.after]
        return {frozenset({effect.subject.name, effect.before, effect.after}) for effect in changes}

    assert changed(impact(before, after, subjects)) == changed(impact(after, before, subjects))


@given(constraints, constraints)
def test_an_effect_tells_the_verdicts_themselves(one: Constraints, other: Constraints) -> None:
    before, after = (replace(RULES, rows=(), constraints=rules) for rules in (one, other))
    for effect in impact(before, after, [release(), stage()]).effects:
        subject = effect.subject
        told = [
            judge(versions=subject.versions, platform_version=subject.platform_version, rules=rules).overall
            for rules in (before, after)
        ]
        assert told == [effect.before, effect.after]


@given(constraints)
def test_an_edit_that_is_none_has_no_impact(rules: Constraints) -> None:
    same = replace(RULES, constraints=rules)

    assert impact(same, same, [release(), stage()]) == NO_IMPACT
