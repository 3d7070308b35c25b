"""The way back: what moves, in which order, what stays done, and what stands against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.rollbacks import RollbackFacts, RollbackPlan, Target, build_rollback, is_stage
from releases.domain.rules import Rules
from tests.domain.platform import DEPENDS_ON, LIVE_RAW, NEXT_RAW, PHASES, RULES
from tests.domain.strategies import acyclic_graphs, cores, names

if TYPE_CHECKING:
    from collections.abc import Mapping

AT = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)


def target(manifest: Mapping[str, str] = LIVE_RAW, version: str = "2.1.0") -> Target:
    return Target(version=version, manifest=manifest, since=AT, until=AT, probes=0, failed_probes=0)


FACTS = RollbackFacts(stage="PROD", version="2.2.0", running=NEXT_RAW, target=target(), rules=RULES)
sets = st.dictionaries(names, cores, min_size=1)


def carried_out(running: Mapping[str, str], plan: RollbackPlan) -> dict[str, str]:
    """Return what runs once each phase has moved its services."""
    after, moves = dict(running), {move.service: move for move in plan.moves}
    for service in (service for phase in plan.phases for service in phase):
        after.pop(service, None)
        if moves[service].to_version:
            after[service] = moves[service].to_version
    return after


def loose(running: Mapping[str, str], initial: Mapping[str, str], graph: Mapping[str, frozenset[str]]) -> RollbackPlan:
    """Plan the way back on a platform that has no rules but who needs whom."""
    rules = Rules(depends_on={name: graph.get(name, frozenset()) for name in "abcdefgh"}, required=frozenset())
    return build_rollback(replace(FACTS, running=running, target=target(initial), rules=rules))


@given(initial=sets, change=sets, graph=acyclic_graphs)
def test_a_release_and_its_rollback_leave_the_set_as_it_was(
    initial: dict[str, str], change: dict[str, str], graph: dict[str, frozenset[str]]
) -> None:
    released = {**initial, **change}
    plan = loose(released, initial, graph)

    assert carried_out(released, plan) == initial


@given(initial=sets, change=sets, arrived=st.sets(names), graph=acyclic_graphs)
def test_so_does_the_rollback_of_a_release_that_got_only_half_way(
    initial: dict[str, str], change: dict[str, str], arrived: set[str], graph: dict[str, frozenset[str]]
) -> None:
    half = {**initial, **{service: version for service, version in change.items() if service in arrived}}

    assert carried_out(half, loose(half, initial, graph)) == initial


@given(initial=sets, change=sets, graph=acyclic_graphs)
def test_whoever_moves_goes_in_one_phase_and_after_all_that_need_it(
    initial: dict[str, str], change: dict[str, str], graph: dict[str, frozenset[str]]
) -> None:
    plan = loose({**initial, **change}, initial, graph)
    place = {service: number for number, phase in enumerate(plan.phases) for service in phase}

    assert sorted(place) == [move.service for move in plan.moves]
    assert sum(map(len, plan.phases)) == len(place)
    moving = [(needs, needed) for needs in place for needed in graph.get(needs, ()) if needed in place]
    assert all(place[needs] < place[needed] for needs, needed in moving)


def test_golden_the_phases_of_bookverse_are_those_of_the_release_reversed() -> None:
    assert build_rollback(FACTS).phases == PHASES[::-1]


def test_a_service_that_was_not_there_then_is_uninstalled() -> None:
    rules = replace(
        RULES, depends_on={**DEPENDS_ON, "promos": frozenset({"inventory"})}, optional=frozenset({"promos"})
    )
    plan = build_rollback(
        replace(
            FACTS, running={**NEXT_RAW, "promos": "1.0.0"}, rules=rules, irreversible={"promos": {"1.0.0": "mails"}}
        )
    )
    [move] = [move for move in plan.moves if move.service == "promos"]

    assert (move.from_version, move.to_version, move.irreversible) == ("1.0.0", "", ("1.0.0 mails",))
    assert plan.phases == (("helm",), ("web",), ("checkout", "promos", "recommendations"), ("inventory",))
    assert (plan.problems, plan.manifest) == ((), dict(sorted(LIVE_RAW.items())))


def test_what_a_release_took_away_comes_back() -> None:
    plan = build_rollback(replace(FACTS, running={name: NEXT_RAW[name] for name in NEXT_RAW if name != "helm"}))
    [move] = [move for move in plan.moves if move.service == "helm"]

    assert (move.from_version, move.to_version, move.spared) == ("", "1.1.0", "It did not run here.")


def test_only_what_lies_between_cannot_be_undone() -> None:
    said = {"1.5.2": "is the target", "1.5.3": "drops a table", "1.5.4": "never ran"}
    plan = build_rollback(replace(FACTS, irreversible={"checkout": said}))

    assert plan.irreversible == ("checkout: 1.5.3 drops a table",)


def test_what_runs_further_on_is_spared_from_quarantine() -> None:
    plan = build_rollback(
        replace(FACTS, stage="QA", later={"web": {NEXT_RAW["web"]: "PROD"}, "helm": {"9.0.0": "PROD"}})
    )

    assert [move.service for move in plan.moves if move.spared] == ["web"]
    assert plan.quarantine == ("checkout", "helm", "inventory", "recommendations")


def test_a_target_with_what_is_in_quarantine_is_none() -> None:
    plan = build_rollback(replace(FACTS, quarantined={"web": {LIVE_RAW["web"]}}))

    assert [(problem.code, problem.field) for problem in plan.problems] == [("target-quarantined", "target_version")]


def test_what_runs_already_is_no_way_back() -> None:
    assert [problem.code for problem in build_rollback(replace(FACTS, running=LIVE_RAW)).problems] == [
        "nothing-to-roll-back"
    ]


def test_who_agrees_agrees_to_what_is_taken_away_too() -> None:
    there = build_rollback(replace(FACTS, running={**NEXT_RAW, "promos": "1.0.0"}))

    assert there.digest != build_rollback(FACTS).digest


@pytest.mark.parametrize(
    ("registered", "stage", "is_it"),
    [
        ("PROD", "PROD", True),
        ("prod", "PROD", True),
        ("bookverse-QA", "QA", True),
        ("bookverse-QA", "PROD", False),
        ("PREPROD", "PROD", False),
        ("", "PROD", False),
    ],
)
def test_the_registry_may_put_the_project_before_a_stage(registered: str, stage: str, *, is_it: bool) -> None:
    assert is_stage(registered, stage) is is_it
