"""Each mistake of the first design that concerns the domain, by its number there; the fault is what must not return."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from releases.domain import versions as versions_module
from releases.domain.compatibility import Constraint, Overall, Reason, Rules, Severity, Verdict, judge
from releases.domain.contracts import BreakingChange, Contract, Method, Probe, check_contract
from releases.domain.dependencies import CyclicDependency, deployment_phases, rollback_phases, transitive_dependents
from releases.domain.deployment_contracts import DeploymentContract, expand
from releases.domain.inference import Likelihood, infer_compatibility
from releases.domain.plans import PlanFacts, PlanRequest, build_plan
from releases.domain.platform_versions import TargetRefused, describe_change, determine_platform_version
from releases.domain.versions import Direction, Flag, Level, bump, classify, parse
from tests.domain.platform import (
    DEPENDS_ON,
    LIVE,
    LIVE_RAW,
    NEXT,
    OFFERED,
    PHASES,
    RULES,
    constraint,
    registry,
    released,
    versions,
)

PLATFORM = parse("2.1.0")
FACTS = PlanFacts(baseline=PLATFORM, live=LIVE, candidates=registry(), rules=RULES)
PREFIXED = {f"bookverse-{service}": text for service, text in LIVE_RAW.items()}


def step(old: str, new: str) -> tuple[Direction, Level]:
    found = classify(parse(old), parse(new))
    return found.direction, found.level


def judged(raw: dict[str, str], rules: Rules = RULES, platform: str = "2.1.0") -> Verdict:
    return judge(versions=versions(raw), platform_version=parse(platform), rules=rules, candidates=OFFERED)


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("2.0.0", "1.9.0", Level.MAJOR),
        ("1.9.0", "1.8.9", Level.MINOR),
        ("1.3.0", "1.2.9", Level.MINOR),
    ],
)
def test_mistake_01_a_lower_version_is_never_an_upgrade(old: str, new: str, level: Level) -> None:
    assert step(old, new) == (Direction.DOWN, level)


@pytest.mark.parametrize(("old", "new", "level"), [("2.0.5", "1.0.0", Level.MAJOR), ("1.2.3", "1.2.2", Level.PATCH)])
def test_mistake_02_a_downgrade_is_never_nothing(old: str, new: str, level: Level) -> None:
    assert step(old, new) == (Direction.DOWN, level)


def test_mistake_03_a_prerelease_counts() -> None:
    promoted = classify(parse("2.0.0-rc.1"), parse("2.0.0"))
    entered = classify(parse("1.0.0"), parse("1.0.1-rc.1"))
    assert (promoted.direction, promoted.flags) == (Direction.UP, frozenset({Flag.PROMOTE}))
    assert step("1.0.0-alpha.1", "1.0.0-beta.1") == (Direction.UP, Level.PRERELEASE)
    assert (entered.level, entered.flags) == (Level.PATCH, frozenset({Flag.TO_PRERELEASE}))


def test_mistake_04_another_build_is_told_from_the_same_version() -> None:
    assert [step("1.2.3+a", new) for new in ("1.2.3+b", "1.2.3+a")] == [
        (Direction.NONE, Level.BUILD_ONLY),
        (Direction.NONE, Level.NONE),
    ]


def test_mistake_05_a_minor_step_before_one_breaks() -> None:
    changed = determine_platform_version(baseline=PLATFORM, before={"a": parse("0.1.0")}, after={"a": parse("0.2.0")})
    assert (changed.changes[0].classification.flags, str(changed.version)) == (frozenset({Flag.BREAKING}), "3.0.0")


def test_mistake_06_no_change_and_no_services_bump_nothing_and_a_removal_bumps_major() -> None:
    def version(before: dict[str, str], after: dict[str, str]) -> str:
        found = determine_platform_version(baseline=PLATFORM, before=versions(before), after=versions(after))
        return str(found.version)

    outcomes = [version(LIVE_RAW, LIVE_RAW), version({}, {}), version({"a": "1.0.0", "b": "1.0.0"}, {"a": "1.0.0"})]
    assert outcomes == ["None", "None", "3.0.0"]


def test_mistake_07_an_added_service_is_a_minor_change() -> None:
    added = determine_platform_version(baseline=PLATFORM, before={}, after={"a": parse("1.0.0")})
    assert (str(added.version), added.changes[0].classification.direction) == ("2.2.0", Direction.ADDED)


def test_mistake_08_a_patch_on_a_release_candidate_does_not_skip_its_release() -> None:
    assert str(bump(parse("2.2.0-rc.1"), Level.PATCH)) == "2.2.0"


def test_mistake_09_a_requested_target_is_compared_with_the_determined_version() -> None:
    with pytest.raises(TargetRefused) as refusal:
        determine_platform_version(baseline=PLATFORM, before=LIVE, after=NEXT, requested=parse("2.1.1"))
    assert (str(refusal.value.requested), str(refusal.value.determined)) == ("2.1.1", "2.2.0")


def test_mistake_10_there_is_one_parser() -> None:
    modules = Path(str(versions_module.__file__)).parent.glob("*.py")
    assert [module.name for module in modules if "import semver" in module.read_text("utf-8")] == ["versions.py"]


def test_mistake_11_every_kind_of_change_is_told_in_words() -> None:
    steps = [(None, "1.0.0"), ("1.0.0", None), ("1.1.0", "1.0.0"), ("1.0.0", "1.1.0"), ("1.0.0", "1.0.0")]
    changes = [describe_change("web", *(parse(raw) if raw else None for raw in step)) for step in steps]
    assert [(change.classification.direction, change.text) for change in changes] == [
        (Direction.ADDED, "web 1.0.0 is added."),
        (Direction.REMOVED, "web 1.0.0 is removed."),
        (Direction.DOWN, "web goes down from 1.1.0 to 1.0.0, a MINOR step."),
        (Direction.UP, "web goes from 1.0.0 to 1.1.0, a MINOR step."),
        (Direction.NONE, "web stays at 1.0.0."),
    ]


def test_mistake_12_names_that_miss_every_check_are_not_valid() -> None:
    stray = replace(RULES, required=frozenset(PREFIXED), rows=())
    assert judged(PREFIXED, stray).overall is Overall.UNDETERMINED


def test_mistake_13_rules_under_other_names_are_not_silently_passed() -> None:
    by_prefix = {f"bookverse-{name}": {f"bookverse-{each}" for each in needs} for name, needs in DEPENDS_ON.items()}
    stray = replace(
        RULES, required=frozenset(PREFIXED), depends_on={name: frozenset(each) for name, each in by_prefix.items()}
    )
    found = judged(PREFIXED, stray)
    assert (found.overall, {reason.code for reason in found.reasons}) == (Overall.UNDETERMINED, {"no-evidence"})


def test_mistake_14_a_provider_under_another_name_is_not_dropped_from_the_order() -> None:
    assert deployment_phases({"recommendations": {"bookverse-inventory"}, "inventory": set()}) == (
        ("bookverse-inventory", "inventory"),
        ("recommendations",),
    )


def test_mistake_15_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    plan = build_plan(PlanRequest(overrides={"bookverse-inventory": "1.4.0"}), FACTS)
    assert [(problem.code, problem.fix) for problem in plan.problems] == [
        ("unknown-service", "Name one of checkout, helm, inventory, recommendations, web.")
    ]


def test_mistake_16_a_dependency_on_a_service_outside_the_list_does_not_vanish() -> None:
    outside = replace(RULES, depends_on={**DEPENDS_ON, "web": DEPENDS_ON["web"] | {"platform"}})
    errors = judged(LIVE_RAW, outside).errors
    assert [(reason.code, reason.service, reason.other) for reason in errors] == [
        ("missing-dependency", "web", "platform")
    ]


def test_mistake_17_what_the_chart_expects_is_expected_of_each_deployed_service_but_itself() -> None:
    all_services = DeploymentContract(id=1, consumer="helm", probe=Probe.HEALTH_CHECK, path="/health")
    assert [order.service for order in expand([all_services], LIVE)] == sorted(LIVE_RAW.keys() - {"helm"})


@pytest.mark.parametrize("raw", [{"inventory": "1.3.0"}, {}])
def test_mistake_18_a_missing_service_never_passes(raw: dict[str, str]) -> None:
    found = judged(raw)
    missing = [reason.service for reason in found.errors if reason.code == "missing-service"]
    assert (found.overall, missing) == (Overall.INCOMPATIBLE, sorted(LIVE_RAW.keys() - raw.keys()))


def test_mistake_19_a_build_of_an_approved_version_is_approved_and_shown() -> None:
    found = judged({**LIVE_RAW, "inventory": "1.2.3+build.7"})
    assert found.overall is Overall.COMPATIBLE
    assert found.reasons[0].text == (
        "checkout 1.5.2 and inventory 1.2.3+build.7 are approved together in platform 2.1.0."
    )


@pytest.mark.parametrize("backwards", [False, True])
def test_mistake_20_rules_in_both_directions_are_weighed_in_whatever_order(*, backwards: bool) -> None:
    both = (constraint(1, "checkout", "*", "inventory", "*"), constraint(2, "inventory", "*", "checkout", "^9.0.0"))
    rules = Rules(
        constraints=both[::-1] if backwards else both,
        depends_on={"checkout": frozenset({"inventory"})},
        required=frozenset({"checkout", "inventory"}),
    )
    found = judged({"checkout": "1.5.2", "inventory": "1.2.3"}, rules)
    assert [(reason.severity.value, reason.evidence) for reason in found.reasons] == [
        ("ERROR", "constraint:2"),
        ("OK", "constraint:1"),
    ]


def test_mistake_21_an_edge_without_a_rule_is_unknown_and_a_pair_without_an_edge_is_no_matter() -> None:
    rules = Rules(depends_on={"a": frozenset({"b"})}, required=frozenset("abc"))
    found = judged({"a": "1.0.0", "b": "1.0.0", "c": "1.0.0"}, rules)
    assert [(reason.severity, reason.service, reason.other) for reason in found.reasons] == [
        (Severity.UNKNOWN, "a", "b")
    ]


def test_mistake_22_the_rule_that_the_handbook_states_is_enforced_and_quoted() -> None:
    found = judged({**LIVE_RAW, "inventory": "1.3.0", "recommendations": "2.2.0"}, platform="2.2.0")
    assert [(reason.evidence, reason.text) for reason in found.errors] == [
        ("constraint:2", "recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen.")
    ]


def test_mistake_23_the_answer_is_derived_and_cannot_disagree_with_its_reasons() -> None:
    assert [field.name for field in fields(Verdict)] == ["reasons"]


MANY_FAULTS = replace(
    RULES,
    required=RULES.required - {"helm"} | {"search", "ads"},
    constraints=(
        Constraint(id=1, consumer="web", consumer_range="?", provider="inventory", provider_range="*"),
        Constraint(
            id=2,
            consumer="checkout",
            consumer_range="*",
            provider="inventory",
            provider_range=">=9.0.0",
            severity=Severity.WARNING,
        ),
        constraint(3, "recommendations", "*", "inventory", ">=9.0.0"),
    ),
    depends_on={**DEPENDS_ON, "web": DEPENDS_ON["web"] | {"platform"}},
    rows=(),
)


def test_mistake_24_every_finding_is_of_one_type_with_a_sentence() -> None:
    reasons = judged(LIVE_RAW, MANY_FAULTS).reasons
    assert {type(reason) for reason in reasons} == {Reason}
    assert [reason for reason in reasons if not reason.text.endswith(".")] == []


def test_mistake_25_every_finding_that_is_not_fine_says_what_to_do() -> None:
    reasons = judged(LIVE_RAW, MANY_FAULTS).reasons
    assert [reason for reason in reasons if reason.severity is not Severity.OK and not reason.fix] == []
    assert {reason.code for reason in reasons} == {
        "missing-dependency",
        "missing-service",
        "no-evidence",
        "range-broken",
        "rule-unreadable",
        "unexpected-service",
    }


def test_mistake_26_an_unlisted_platform_is_inferred_and_a_version_is_recommended() -> None:
    inferred = infer_compatibility(parse("2.2.0"), LIVE, RULES)
    plan = build_plan(PlanRequest(overrides={"inventory": "1.3.0"}), FACTS)
    assert plan.recommended is not None
    assert (inferred.likelihood, str(plan.recommended.versions["inventory"])) == (Likelihood.POSSIBLE, "1.4.0")


def test_mistake_28_what_is_declared_about_an_interface_is_read_and_what_is_called_must_be_listed() -> None:
    def called(number: int, method: Method, path: str, stable_since: str = "") -> Contract:
        return Contract(
            id=number,
            consumer="checkout",
            provider="inventory",
            method=method,
            path=path,
            built_for="1.2.3",
            stable_since=stable_since,
        )

    listed = {"openapi": "3.1.0", "paths": {"/inventory": {"get": {}}, "/books/search": {"get": {}}}}
    search = BreakingChange(id=5, provider="inventory", version="2.0.0", path="/books/search", text="Paged by cursor.")
    rules = Rules(documents={"inventory": {"1.2.3": listed, "2.0.0": listed}}, breaking_changes=(search,))
    contracts = (
        called(1, Method.POST, "/inventory/{id}/adjust"),
        called(2, Method.GET, "/books/search"),
        called(3, Method.GET, "/inventory", stable_since="2.1.0"),
    )
    found = [reason for each in contracts for reason in check_contract(each, rules, parse("2.0.0"))]
    assert [(reason.code, reason.evidence) for reason in found] == [
        ("endpoint-missing", "contract:1"),
        ("broken-endpoint", "contract:2,breaking_change:5"),
        ("too-early", "contract:3"),
    ]


def test_mistake_29_a_circle_and_what_depends_on_it_do_not_vanish() -> None:
    with pytest.raises(CyclicDependency) as refusal:
        deployment_phases({"a": {"b"}, "b": {"a"}, "c": set(), "d": {"a", "c"}})
    assert (refusal.value.cycles, refusal.value.blocked) == ((("a", "b", "a"),), ("d",))


def test_mistake_30_a_service_that_depends_on_itself_is_no_empty_plan() -> None:
    with pytest.raises(CyclicDependency) as refusal:
        deployment_phases({"a": {"a"}})
    assert refusal.value.cycles == (("a", "a"),)


def test_mistake_31_a_dependency_that_is_written_twice_counts_once() -> None:
    assert deployment_phases({"a": ["b", "b"], "b": []}) == (("b",), ("a",))


def test_mistake_32_the_order_of_the_input_has_no_influence() -> None:
    backwards = dict(reversed(DEPENDS_ON.items()))
    assert (deployment_phases(backwards), build_plan(PlanRequest(), FACTS).digest) == (
        PHASES,
        build_plan(PlanRequest(), replace(FACTS, rules=replace(RULES, depends_on=backwards))).digest,
    )


def test_mistake_33_how_many_go_in_parallel_is_not_how_many_phases_there_are() -> None:
    assert [len(phase) for phase in deployment_phases(DEPENDS_ON)] == [1, 2, 1, 1]


def test_mistake_34_a_rollback_keeps_its_phases() -> None:
    assert rollback_phases(DEPENDS_ON) == (("helm",), ("web",), ("checkout", "recommendations"), ("inventory",))


def test_mistake_35_dependencies_are_analysed_before_anything_moves() -> None:
    plan = build_plan(PlanRequest(), FACTS)
    assert (plan.phases, transitive_dependents(DEPENDS_ON, {"checkout"})) == (PHASES, ("helm", "web"))


def test_mistake_36_a_dependency_outside_the_release_is_checked_against_what_is_deployed() -> None:
    plan = build_plan(PlanRequest(kind="independent", overrides={"recommendations": "2.2.0"}), FACTS)
    assert [(reason.evidence, reason.observed) for reason in plan.verdict.errors] == [("constraint:2", "1.2.3")]


def test_mistake_41_a_hotfix_is_a_platform_version_of_its_own() -> None:
    facts = replace(FACTS, candidates={**registry(), "helm": (released("1.1.1"),)})
    plan = build_plan(PlanRequest(kind="hotfix", overrides={"helm": "1.1.1"}), facts)
    assert (plan.platform_version, plan.versions) == ("2.1.1", {**LIVE_RAW, "helm": "1.1.1"})
