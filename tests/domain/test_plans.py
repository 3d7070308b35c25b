from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from releases.domain.compatibility import Overall, Row
from releases.domain.critical_path import Forecast
from releases.domain.gates import Freeze
from releases.domain.plans import Candidate, Plan, PlanFacts, PlanRequest, build_plan
from releases.domain.selection import Chooser
from releases.domain.solver import Proof, Search
from releases.domain.versions import Direction, Flag, Level, parse
from tests.domain.platform import (
    DEPENDS_ON,
    LIVE,
    LIVE_RAW,
    NEXT,
    NEXT_RAW,
    PHASES,
    ROWS,
    RULES,
    constraint,
    registry,
    released,
)

REQUEST = PlanRequest()
FACTS = PlanFacts(baseline=parse("2.1.0"), live=LIVE, candidates=registry(), rules=RULES)
ONLY_LIVE = replace(FACTS, candidates=registry({service: [text] for service, text in LIVE_RAW.items()}))


def codes(plan: Plan) -> list[tuple[str, str, str]]:
    return [(problem.code, problem.service, problem.field) for problem in plan.problems]


def with_candidates(facts: PlanFacts = FACTS, **more: tuple[Candidate, ...]) -> PlanFacts:
    return replace(facts, candidates={**facts.candidates, **more})


def test_the_next_release_is_planned_as_the_story_tells_it() -> None:
    plan = build_plan(REQUEST, FACTS)
    assert (plan.baseline, plan.platform_version, plan.level, plan.verdict.overall) == (
        "2.1.0",
        "2.2.0",
        Level.MINOR,
        Overall.COMPATIBLE,
    )
    assert (plan.phases, plan.rollback_phases, plan.all_phases) == (PHASES, PHASES[::-1], PHASES)
    assert (plan.versions, plan.problems, plan.can_be_created) == (NEXT_RAW, (), True)
    assert (plan.recommended, plan.search, plan.conflict, plan.warnings) == (None, None, None, ())


def test_each_service_shows_its_change() -> None:
    plan = build_plan(REQUEST, FACTS)
    shown = [(each.service, each.from_version, each.to_version, each.level, each.chosen_by) for each in plan.changes]
    assert shown == [
        ("checkout", "1.5.2", "1.5.3", Level.PATCH, Chooser.RESOLVER),
        ("helm", "1.1.0", "1.1.1", Level.PATCH, Chooser.RESOLVER),
        ("inventory", "1.2.3", "1.4.0", Level.MINOR, Chooser.RESOLVER),
        ("recommendations", "2.1.0", "2.2.0", Level.MINOR, Chooser.RESOLVER),
        ("web", "3.0.1", "3.0.2", Level.PATCH, Chooser.RESOLVER),
    ]


def test_an_incompatible_choice_is_refused_with_the_way_out() -> None:
    plan = build_plan(PlanRequest(overrides={"inventory": "1.3.0"}), FACTS)
    assert (plan.verdict.overall, plan.can_be_created, plan.problems) == (Overall.INCOMPATIBLE, False, ())
    assert [reason.fix for reason in plan.verdict.errors] == ["Take inventory 1.4.0, or keep recommendations at 2.1.0."]
    assert plan.recommended is not None
    assert plan.alternative is not None
    assert (plan.recommended.versions, plan.recommended.proof, plan.search) == (NEXT, Proof.PROVEN, Search.FOUND)
    assert plan.alternative.versions == {**NEXT, "inventory": parse("1.3.0"), "recommendations": parse("2.1.0")}


def test_an_override_is_marked_as_one() -> None:
    plan = build_plan(PlanRequest(overrides={"recommendations": "2.1.0", "inventory": "v1.3.0"}), FACTS)
    assert {each.service: each.chosen_by.value for each in plan.changes} == {
        "checkout": "resolver",
        "helm": "resolver",
        "inventory": "override",
        "recommendations": "override",
        "web": "resolver",
    }
    assert plan.can_be_created


def test_services_that_stay_are_in_the_manifest_and_in_no_phase() -> None:
    overrides = {service: LIVE_RAW[service] for service in ("recommendations", "checkout", "helm")}
    plan = build_plan(PlanRequest(overrides=overrides), FACTS)
    assert (plan.phases, plan.all_phases) == ((("inventory",), ("web",)), PHASES)
    assert plan.versions == {**NEXT_RAW, **overrides}
    assert [change.service for change in plan.changed] == ["inventory", "web"]


def test_a_service_without_an_eligible_version_blocks_the_plan_and_raises_no_level() -> None:
    plan = build_plan(REQUEST, with_candidates(helm=(released("1.1.1", tag="quarantine"),)))
    assert codes(plan) == [("no-eligible-version", "helm", "overrides.helm")]
    assert (plan.level, [reason.code for reason in plan.verdict.errors]) == (Level.MINOR, ["missing-service"])


def test_an_override_for_an_unknown_service_names_the_services() -> None:
    plan = build_plan(PlanRequest(overrides={"shop": "1.0.0"}), FACTS)
    assert codes(plan) == [("unknown-service", "shop", "overrides.shop")]
    assert plan.problems[0].fix == "Name one of checkout, helm, inventory, recommendations, web."


def test_an_override_on_a_platform_without_services_says_what_comes_first() -> None:
    empty = PlanFacts(baseline=None, live={}, candidates={}, rules=replace(RULES, required=frozenset(), depends_on={}))
    plan = build_plan(PlanRequest(overrides={"shop": "1.0.0"}), empty)
    assert [problem.code for problem in plan.problems] == ["unknown-service", "no-change"]
    assert plan.problems[0].fix == "Add the service to the platform first."


def test_a_blank_override_is_none() -> None:
    assert build_plan(PlanRequest(overrides={"inventory": " "}), FACTS).digest == build_plan(REQUEST, FACTS).digest


def test_nothing_to_release_is_said_and_judged_against_the_live_platform() -> None:
    plan = build_plan(REQUEST, ONLY_LIVE)
    assert (plan.platform_version, codes(plan), plan.problems[0].text) == (
        None,
        [("no-change", "", "")],
        "No service changed, so 2.1.0 stays.",
    )
    assert {reason.code for reason in plan.verdict.reasons} == {"approved-row"}


def test_the_same_services_are_released_again_with_a_reason() -> None:
    plan = build_plan(PlanRequest(forced=True, reason="New certificates."), ONLY_LIVE)
    assert (plan.platform_version, plan.level, plan.problems) == ("2.1.1", Level.PATCH, ())


def test_the_same_services_are_not_released_again_without_a_reason() -> None:
    plan = build_plan(PlanRequest(forced=True), ONLY_LIVE)
    assert codes(plan) == [("force-needs-reason", "", "reason")]


@pytest.mark.parametrize(
    ("target", "reason", "version", "problems"),
    [
        ("3.0.0", "", "3.0.0", []),
        ("v2.2.0", "", "2.2.0", []),
        ("2.1.5", "Agreed.", "2.1.5", []),
        ("2.1.5", "", "2.2.0", [("target-refused", "", "target_version")]),
        ("2.1.0", "Agreed.", "2.2.0", [("target-refused", "", "target_version")]),
        ("next", "", "2.2.0", [("invalid-version", "", "target_version")]),
    ],
)
def test_a_target_version_is_held_against_the_determined_one(
    target: str, reason: str, version: str, problems: list[tuple[str, str, str]]
) -> None:
    plan = build_plan(PlanRequest(target_version=target, reason=reason), FACTS)
    assert (plan.platform_version, codes(plan)) == (version, problems)


def test_a_published_version_blocks_the_plan() -> None:
    plan = build_plan(REQUEST, replace(FACTS, published=[parse("2.2.0")]))
    assert (codes(plan), plan.can_be_created) == ([("already-published", "", "target_version")], False)
    assert plan.problems[0].fix == "Choose another platform version, such as 2.2.1."
    mended = build_plan(replace(REQUEST, target_version="2.2.1"), replace(FACTS, published=[parse("2.2.0")]))
    assert (mended.platform_version, codes(mended)) == ("2.2.1", [])


def test_a_downgrade_needs_a_reason() -> None:
    older = with_candidates(helm=(released("1.0.9"),))
    without, given = (build_plan(PlanRequest(reason=reason), older) for reason in ("", "The chart is broken."))
    assert (codes(without), without.problems[0].fix) == (
        [("downgrade-needs-reason", "helm", "reason")],
        "Give a reason, or choose 1.1.0 or a higher version of helm.",
    )
    assert (given.problems, given.warnings) == (
        (),
        ("helm goes down from 1.1.0 to 1.0.9, a MINOR step. Give a reason.",),
    )


def test_a_circle_leaves_no_order_and_shows_itself() -> None:
    circular = replace(RULES, depends_on={**DEPENDS_ON, "inventory": frozenset({"checkout"})})
    plan = build_plan(REQUEST, replace(FACTS, rules=circular))
    assert (plan.phases, plan.all_phases, codes(plan)) == ((), (), [("cyclic-dependency", "checkout", "")])
    assert plan.problems[0].text == (
        "Services depend on each other in a circle: inventory -> checkout -> inventory. "
        "Blocked by it: helm, recommendations, web."
    )


def test_an_unknown_edge_leaves_a_plan_that_may_be_created_for_the_first_stage() -> None:
    plan = build_plan(REQUEST, replace(FACTS, rules=replace(RULES, rows=(), constraints=RULES.constraints[:-1])))
    assert (plan.verdict.overall, plan.can_be_created, plan.conflict) == (Overall.UNDETERMINED, True, None)


def test_when_no_set_fits_the_rules_to_blame_are_listed() -> None:
    locked = (constraint(20, "web", "*", "helm", ">=9.0.0"), constraint(21, "helm", "*", "web", "*"))
    plan = build_plan(REQUEST, replace(FACTS, rules=replace(RULES, constraints=(*RULES.constraints, *locked))))
    assert plan.conflict is not None
    assert (plan.recommended, plan.search, plan.conflict.is_minimal) == (None, Search.NONE, True)
    assert [rule.evidence for rule in plan.conflict.rules] == ["constraint:20"]


def test_a_new_service_is_added_and_a_dropped_one_removed() -> None:
    required = (RULES.required - {"helm"}) | {"search"}
    rules = replace(RULES, required=required, depends_on={**DEPENDS_ON, "search": frozenset()})
    plan = build_plan(REQUEST, with_candidates(replace(FACTS, rules=rules), search=(released("0.1.0"),)))
    by_name = {change.service: change for change in plan.changes}
    assert (by_name["search"].direction, by_name["search"].from_version) == (Direction.ADDED, None)
    assert (by_name["helm"].direction, by_name["helm"].to_version) == (Direction.REMOVED, "")
    assert (plan.platform_version, plan.versions.keys() == required) == ("3.0.0", True)
    assert plan.phases == (("inventory", "search"), ("checkout", "recommendations"), ("web",))


def test_an_optional_service_joins_when_it_is_known() -> None:
    rules = replace(RULES, required=RULES.required - {"helm"}, optional=frozenset({"helm", "search"}))
    plan = build_plan(REQUEST, replace(FACTS, rules=rules))
    assert plan.versions == NEXT_RAW


def test_an_external_dependency_is_weighed_by_its_deployed_version_and_not_released() -> None:
    rules = replace(
        RULES,
        depends_on={**DEPENDS_ON, "helm": DEPENDS_ON["helm"] | {"platform"}},
        constraints=(*RULES.constraints, constraint(20, "helm", "*", "platform", ">=4.0.0")),
    )
    facts = replace(FACTS, rules=rules, external=frozenset({"platform"}), live={**LIVE, "platform": parse("3.0.0")})
    plan = build_plan(REQUEST, facts)
    assert (plan.versions, plan.phases) == (NEXT_RAW, PHASES)
    assert [reason.evidence for reason in plan.verdict.errors] == ["constraint:20"]


@pytest.mark.parametrize("kind", ["independent", "hotfix", "rollback"])
def test_a_kind_that_keeps_the_rest_changes_only_what_is_named(kind: str) -> None:
    plan = build_plan(PlanRequest(kind=kind, overrides={"helm": "1.1.1"}), FACTS)
    assert (plan.versions, plan.phases) == ({**LIVE_RAW, "helm": "1.1.1"}, (("helm",),))
    assert {each.chosen_by for each in plan.changes} == {Chooser.LIVE, Chooser.OVERRIDE}


def test_a_stage_that_admits_prereleases_takes_them_and_flags_them() -> None:
    facts = with_candidates(replace(FACTS, admit_prereleases=True), helm=(released("1.2.0-rc.1"),))
    change = {each.service: each for each in build_plan(REQUEST, facts).changes}["helm"]
    assert (change.to_version, change.flags) == ("1.2.0-rc.1", (Flag.TO_PRERELEASE,))


def test_a_live_version_in_quarantine_is_not_proposed_to_be_kept() -> None:
    facts = with_candidates(recommendations=(released("2.1.0", tag="quarantine"), released("2.2.0")))
    plan = build_plan(PlanRequest(overrides={"inventory": "1.3.0"}), facts)
    assert [reason.fix for reason in plan.verdict.errors] == ["Take inventory 1.4.0."]


def test_a_live_version_that_is_no_longer_eligible_may_still_be_kept() -> None:
    withdrawn = replace(released("2.1.0"), release_status="PRE_RELEASE")
    plan = build_plan(
        PlanRequest(overrides={"inventory": "1.3.0"}), with_candidates(recommendations=(withdrawn, released("2.2.0")))
    )
    assert [reason.fix for reason in plan.verdict.errors] == ["Take inventory 1.4.0, or keep recommendations at 2.1.0."]


def test_the_digest_is_the_same_for_the_same_plan() -> None:
    shuffled = replace(FACTS, candidates={name: tuple(reversed(each)) for name, each in registry().items()})
    assert build_plan(REQUEST, shuffled).digest == build_plan(REQUEST, FACTS).digest


@pytest.mark.parametrize(
    ("request_", "facts"),
    [
        (replace(REQUEST, kind="train"), FACTS),
        (replace(REQUEST, target_version="2.3.0"), FACTS),
        (replace(REQUEST, overrides={"helm": "1.1.0"}), FACTS),
        (REQUEST, replace(FACTS, live={**LIVE, "helm": parse("1.0.0")})),
        (REQUEST, replace(FACTS, rules=replace(RULES, depends_on={**DEPENDS_ON, "helm": frozenset()}))),
        (
            REQUEST,
            replace(
                FACTS, rules=replace(RULES, constraints=(*RULES.constraints, constraint(20, "web", "*", "helm", "*")))
            ),
        ),
        (
            REQUEST,
            replace(
                FACTS,
                rules=replace(
                    RULES,
                    rows=tuple(
                        Row(id=row.id, platform_version="2.2.0", service=row.service, approved=(NEXT_RAW[row.service],))
                        for row in ROWS
                    ),
                ),
            ),
        ),
    ],
)
def test_the_digest_changes_with_what_is_agreed_to(request_: PlanRequest, facts: PlanFacts) -> None:
    assert build_plan(request_, facts).digest != build_plan(REQUEST, FACTS).digest


def test_the_digest_is_a_sha256_in_hexadecimal() -> None:
    assert len(bytes.fromhex(build_plan(REQUEST, FACTS).digest)) == 32


def test_a_plan_does_not_change_what_it_was_made_from() -> None:
    before = {field.name: repr(getattr(FACTS, field.name)) for field in fields(FACTS)}
    build_plan(PlanRequest(overrides={"inventory": "1.3.0"}), FACTS)
    assert {field.name: repr(getattr(FACTS, field.name)) for field in fields(FACTS)} == before


def test_every_service_lists_what_was_rejected() -> None:
    facts = with_candidates(checkout=(released("1.5.3"), released("2024.05.0")))
    rejected = {each.service: each.rejected for each in build_plan(REQUEST, facts).selections if each.rejected}
    assert rejected == {"checkout": (("2024.05.0", "“2024.05.0” is not a version: no number may begin with a zero."),)}


def test_mixtures_on_the_way_that_must_not_be_are_told_and_nobody_agrees_to_them() -> None:
    breaks_the_old = constraint(21, "checkout", "1.5.2", "inventory", "<1.4.0")
    plan = build_plan(REQUEST, replace(FACTS, rules=replace(RULES, constraints=(*RULES.constraints, breaks_the_old))))
    shown = [(each.consumer_version, each.provider_version, each.begins, each.ends) for each in plan.risks]
    assert shown == [("1.5.2", "1.4.0", 1, 2)]
    assert (plan.verdict.overall, plan.digest) == (Overall.COMPATIBLE, build_plan(REQUEST, FACTS).digest)


def test_the_forecast_is_about_the_services_that_change() -> None:
    durations = dict.fromkeys(LIVE_RAW, 1_000)
    overrides = {service: LIVE_RAW[service] for service in ("recommendations", "web")}
    plan = build_plan(PlanRequest(overrides=overrides), replace(FACTS, durations=durations))
    assert plan.forecast == Forecast(
        critical_path_ms=3_000, critical_path=("inventory", "checkout", "helm"), barrier_ms=3_000, unknown=()
    )


def test_without_an_order_there_is_no_forecast() -> None:
    rules = replace(RULES, depends_on={**DEPENDS_ON, "inventory": frozenset({"checkout"})})
    plan = build_plan(REQUEST, replace(FACTS, rules=rules))
    assert (plan.forecast, plan.risks, plan.phases) == (None, (), ())


def test_a_plan_shows_the_freezes_of_the_stages_and_nobody_agrees_to_them() -> None:
    began, ends = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC)
    freeze = Freeze(id=1, stage="PROD", starts_at=began, ends_at=ends, reason="holidays")
    plan = build_plan(REQUEST, replace(FACTS, rules=replace(RULES, as_of=began), freezes=(freeze,)))
    assert [(gate.stage, gate.is_open) for gate in plan.gates] == [("PROD", False)]
    assert plan.digest == build_plan(REQUEST, FACTS).digest
